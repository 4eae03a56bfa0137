"""``synthkit analyze``: a training, before and after, or all trainings of a sweep; tables and pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthkit.analysis.example import draw_example
from synthkit.analysis.inspect import Findings, inspect_model
from synthkit.analysis.look import Viewer
from synthkit.analysis.pictures import draw_findings
from synthkit.analysis.sweep import write_layers
from synthkit.analysis.tables import write_tables
from synthkit.errors import InputError
from synthkit.models.language.quiet import quiet
from synthkit.train.devices import choose_device
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.sweep import SweepFolder, is_sweep
from synthkit.train.language.sweep_table import SWEEP_FILES, write_sweep
from synthkit.train.language.texts import Texts, open_texts
from synthkit.train.language.trained import LanguageRun, load_language_run, open_language_run

__all__ = ["FOLDER", "Analysis", "analyze"]

FOLDER = "analysis"

OnProgress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Analysis:
    """What came of it.

    Attributes:
        files: All files that were written.
        lines: What was found, in words.
    """

    files: list[Path] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"files": [str(path) for path in self.files], "lines": self.lines}


def analyze(
    run: Path,
    *,
    data: Path | None = None,
    limit: int | None = None,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> Analysis:
    """Look into a trained language model, or into all of a sweep.

    Args:
        run: Directory of a training or of a sweep.
        data: The dataset, where it is not where it was at training.
        limit: Most test texts; by default the experiment's ``inspection.limit``.
        device: ``auto``, ``cpu`` or ``cuda``.
        on_progress: Told of a stage, how much of it is done and of how much.

    Raises:
        InputError: No training of a language model, one that has not ended, or other texts.
        WorkError: Damaged files.
    """
    if not is_sweep(run):
        looked = _one(open_language_run(run), data, limit, device, run / "tokens", {}, on_progress)
        return Analysis(looked.files, _in_words(looked.findings["after"]))
    folder, analysis = SweepFolder(run), Analysis()
    plan = folder.plan()
    seen: dict[str, Findings] = {}
    found: dict[str, dict[str, Findings]] = {}
    for number, point in enumerate(plan["points"]):
        path = folder.run(point["name"], plan["seeds"][0])
        if not (path / "training.json").is_file():
            raise InputError(f"{path}: has not been trained to its end; run `synthkit train` again to go on")
        title = f"{point['name']} ({number + 1} of {len(plan['points'])}): "
        told = None if on_progress is None else _titled(on_progress, title)
        looked = _one(open_language_run(path), data, limit, device, run / "tokens", seen, told)
        found[point["name"]] = looked.findings
        analysis.files += looked.files
    rows = write_sweep(folder)
    analysis.files += [run / name for name in SWEEP_FILES]
    files, lines = write_layers(plan, rows, found, run)
    analysis.files += files
    analysis.lines += lines
    return analysis


@dataclass(frozen=True, slots=True)
class _Looked:
    findings: dict[str, Findings]
    files: list[Path]


def _one(
    run: LanguageRun,
    data: Path | None,
    limit: int | None,
    device: str,
    tokens: Path,
    seen: dict[str, Findings],
    on_progress: OnProgress | None,
) -> _Looked:
    """Before and after one training; what is before is looked at once for all trainings that begin alike."""
    e, place = run.experiment, choose_device(device)
    test, train = _texts(run, data, limit)
    findings: dict[str, Findings] = {}
    files: list[Path] = []
    for when in ("before", "after"):
        key = _key(e, test, train)
        if when == "before" and key in seen:
            findings[when] = seen[key]
            continue
        ready = load_language_run(run, tuned=when == "after", weights=True)
        ready.model.to(place)
        with quiet():
            viewers = [Viewer(e, ready, texts, tokens, place) for texts in (test, train)]
            findings[when] = inspect_model(viewers[0], viewers[1], e.inspection.similarity_tokens, on_progress)
            if when == "after":
                drawn = draw_example(viewers[0], findings[when], run.path / FOLDER / "example.png")
                files += [] if drawn is None else [drawn]
        if when == "before":
            seen[key] = findings[when]
    files += write_tables(findings, run.path / FOLDER)
    files += draw_findings(findings, run.path / FOLDER, e.title)
    return _Looked(findings, files)


def _texts(run: LanguageRun, data: Path | None, limit: int | None) -> tuple[Texts, Texts]:
    e, there = run.experiment, data or run.data
    d = e.data
    if there is not None and not there.is_dir():
        raise InputError(f"{run.path}: its dataset {there} is not there any more; say where it is by --data")
    most = limit or e.inspection.limit
    test = open_texts(d, there, d.test[0], min(most, d.test_limit or most))
    train = open_texts(d, there, d.train, min(e.inspection.probe_limit, d.limit or e.inspection.probe_limit))
    fingerprint = train.identity.partition(" ")[0]
    if there is not None and fingerprint not in run.identity:
        raise InputError(f"{there}: is another dataset than the one that {run.path} was trained on")
    return test, train


def _key(experiment: LanguageExperiment, test: Texts, train: Texts) -> str:
    """Of all that a model before its training depends on."""
    plain = experiment.plain()
    said = [plain[name] for name in ("name", "seed", "model", "tokens", "explanations")]
    adapters = "lora" in experiment.freezing  # whose layers bear other names, though they do nothing yet
    return json.dumps([*said, adapters, test.identity, train.identity], sort_keys=True)


def _titled(on_progress: OnProgress, title: str) -> OnProgress:
    return lambda stage, done, total: on_progress(f"{title}{stage}", done, total)


def _in_words(found: Findings) -> list[str]:
    """The head that follows each kind of link best, and the layer that a partial result is read from best."""
    lines = []
    for kind in dict.fromkeys(row["measure"] for row in found.attention if row["chance"] is not None):
        rows: Sequence[dict[str, Any]] = [row for row in found.attention if row["measure"] == kind]
        best = max(rows, key=lambda row: row["value"])
        lines.append(
            f"attention {kind}: best head {best['head']} of layer {best['layer']} (from 0): {best['value']:.3f} on the "
            f"targets, chance {best['chance']:.3f}"
        )
    for position in dict.fromkeys(row["position"] for row in found.probes):
        rows = [row for row in found.probes if row["position"] == position]
        best = max(rows, key=lambda row: row["accuracy"])
        lines.append(
            f"probe of the value at the {position}: best after layer {best['layer']} (0: embedding): "
            f"{best['accuracy']:.3f}, chance {best['chance']:.3f}"
        )
    return lines
