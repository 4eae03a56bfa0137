"""A page for each model: its paper, its loss, its settings, its size, the experiments that train it."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from reference.pages import DOCS, Folder, attribute_docs, first_line, prose, rest, table, toctree
from reference.records import fields_table
from synthkit.models.base import Inputs, Model
from synthkit.models.language.tiny import TINY
from synthkit.models.registry import MODELS
from synthkit.train import experiment_names, load_experiment
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.load import resolved, variant_names

__all__ = ["trained_by", "write"]

_INTRODUCTION = """# Models

What `model.name` of an experiment may be, as `synthkit list models` names them; losses side by side and how they are
trained: [train models](../../training.md#models). [Add one](../../extending.md#a-model).

"""
_LANGUAGE = """# Language models

BERT, GPT-2, BART, T5 and any other model of transformers, by `model.path`; {tiny} are built on the spot. How they are
chosen, what they read and which of their parameters are trained: [language models](../../language-models.md).

"""
# What one example is for the count of parameters: a second of SynTone, as its benchmark has it.
_MEL = Inputs((128, 32), 16000, 25600)
_WAVE = Inputs((16384,), 16000, 25600)


def write(pages: Folder) -> None:
    """Write ``models/``."""
    users = trained_by()
    losses = _losses()
    rows = []
    for name, kind in MODELS.items():
        number = f"{_parameters(kind):,}"
        rows.append((f"[`{name}`]({name}.md)", first_line(sys.modules[kind.__module__]), number))
        pages.write(f"models/{name}.md", _page(name, kind, number, users.get(name, []), losses[name]))
    rows.append(("[language models](language.md)", "Any model of transformers", ""))
    pages.write("models/language.md", _language())
    listed = table(("model", "what it is", "parameters"), rows)
    pages.write("models/index.md", _INTRODUCTION + listed + "\n" + _SIZES + "\n" + toctree([*MODELS, "language"]))


_SIZES = (
    "Parameters of the default settings, discriminators among them, for log-mel spectra of 128 bands and 32 frames (of "
    "waveforms: 16,384 samples).\n"
)


def trained_by() -> Mapping[str, list[tuple[str, str]]]:
    """Model -> (experiment, variant) that train it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in experiment_names():
        experiment = load_experiment(name)
        if isinstance(experiment, LanguageExperiment):
            continue
        for variant in variant_names(experiment):
            model = str(resolved(experiment, variant=variant).model["name"])
            found.setdefault(model, []).append((name, variant))
    return found


def _losses() -> Mapping[str, str]:
    """Model -> its loss in words: the table of docs/training.md."""
    found = {}
    for line in (DOCS / "training.md").read_text().partition("\n## Models\n")[2].splitlines():
        cells = re.split(r" (?<!\\)\| ", line.strip("| "))
        if line.startswith("| `") and len(cells) >= 3:
            found.update(dict.fromkeys(re.findall(r"`(\w+)`", cells[0]), cells[1]))
    return found


def _parameters(kind: type[Model]) -> int:
    import torch

    with torch.random.fork_rng(devices=[]):
        model = kind.build(kind.Config(), _WAVE if kind.waveforms else _MEL)
    return sum(parameter.numel() for parameter in model.parameters())


def _page(name: str, kind: type[Model], number: str, users: list[tuple[str, str]], loss: str) -> str:
    module = sys.modules[kind.__module__]
    parts = [f"# `{name}`\n", prose(inspect.getdoc(module) or ""), ""]
    facts = [
        f"- **Loss**: {loss}",
        f"- **Takes**: {'waveforms' if kind.waveforms else 'mel spectra'}{', in pairs' if kind.partners else ''}",
        f"- **Parameters** of the default settings: {number} ([of what input](index.md))",
    ]
    parts += ["\n".join(facts) + "\n", "## Settings\n", _SET, fields_table(kind.Config, attribute_docs(kind.Config))]
    parts += ["## Experiments\n", *_experiments(name, users)]
    parts += [
        "## Class\n",
        rest(f".. autoclass:: {kind.__module__}.{kind.__qualname__}\n   :members:\n   :show-inheritance:\n"),
    ]
    config: Any = kind.Config
    parts += [rest(f".. autoclass:: {config.__module__}.{config.__qualname__}\n   :show-inheritance:\n")]
    return "\n".join(parts) + "\n"


_SET = "`model` of an experiment; `--set model.NAME=VALUE` changes one.\n"


def _experiments(name: str, users: list[tuple[str, str]]) -> Iterable[str]:
    if users:
        rows = [(f"[`{experiment}`](../experiments/{experiment}.md)", f"`{variant}`") for experiment, variant in users]
        yield table(("experiment", "variant"), rows)
    else:
        yield f"None that synthkit carries trains it; `--set model.name={name}` puts it into any experiment of clips.\n"


def _language() -> str:
    tiny = ", ".join(f"`tiny:{name}`" for name in TINY)
    modules = ("model", "freezing", "tiny", "parts", "patches")
    rest_blocks = [rest(f".. automodule:: synthkit.models.language.{module}\n   :members:\n") for module in modules]
    experiments = [n for n in experiment_names() if isinstance(load_experiment(n), LanguageExperiment)]
    listed = ", ".join(f"[`{name}`](../experiments/{name}.md)" for name in experiments)
    head = _LANGUAGE.replace("{tiny}", tiny)
    return head + f"Experiments: {listed}.\n\n" + "\n".join(rest_blocks)
