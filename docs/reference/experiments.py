"""A page for each experiment: what it shows, its variants or points, all its settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from reference.pages import Folder, code, prose, table, toctree
from synthkit.train import experiment_names, load_experiment
from synthkit.train.language.record import LanguageExperiment

__all__ = ["write"]

_INTRODUCTION = """# Experiments

Trainings as records, as `synthkit list experiments` names them. How to run one, and write your own: [train
models](../../training.md) and [language models](../../language-models.md).

"""


def write(pages: Folder) -> None:
    """Write ``experiments/``."""
    names = experiment_names()
    rows = []
    for name in names:
        experiment = load_experiment(name)
        kind = "texts" if isinstance(experiment, LanguageExperiment) else "clips"
        rows.append((f"[`{name}`]({name}.md)", experiment.title, kind))
        pages.write(f"experiments/{name}.md", _page(name, experiment))
    listed = table(("experiment", "what it shows", "of"), rows)
    pages.write("experiments/index.md", _INTRODUCTION + listed + "\n" + toctree(names))


def _page(name: str, experiment: Any) -> str:
    parts = [f"# `{name}`\n", prose(experiment.description), "", "## Run it\n"]
    parts += [
        code(
            f"$ synthkit train {name} --smoke --out run    # seconds to a minute\n$ synthkit train {name} --out run",
            "console",
        )
    ]
    sweep = getattr(experiment, "sweep", None)
    if experiment.variants:
        parts += ["## Variants\n", "`--variant NAME` takes one; `synthkit benchmark` trains all of them.\n"]
        parts += [table(("variant", "changes"), [(f"`{v.name}`", _changes(v.set)) for v in experiment.variants])]
    if sweep is not None:
        parts += ["## Points of the sweep\n", *_sweep(sweep)]
    parts += [
        "## All settings\n",
        "As `experiment.json` of a run has them, before the changes of a variant or point.\n",
    ]
    plain = {key: value for key, value in experiment.plain().items() if key not in ("description", "variants", "sweep")}
    parts += [code(json.dumps(plain, indent=2, ensure_ascii=False), "json")]
    return "\n".join(parts) + "\n"


def _sweep(sweep: Any) -> Iterable[str]:
    yield f"{sweep.seeds} {'seed' if sweep.seeds == 1 else 'seeds'} of each combination of\n"
    rows = []
    for axis in sweep.axes:
        rows += [(f"`{axis.name}`", f"`{point.name}`", _changes(point.set)) for point in axis.points]
    yield table(("axis", "point", "changes"), rows)


def _changes(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"`{key}={json.dumps(value, ensure_ascii=False)}`" for key, value in changes.items())
