"""The report of a training of a model of clips or of a language model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthkit.report.analysis import analysis_sections
from synthkit.report.curves import curve_figures, read_log
from synthkit.report.facts import Section, facts, page, warnings
from synthkit.report.language import language_sections
from synthkit.report.markdown import blocks
from synthkit.report.pictures import pictures
from synthkit.report.rows import as_written
from synthkit.report.scores import score_sections
from synthkit.report.tags import Html, joined, tag
from synthkit.report.traversals import traversal_section
from synthkit.train.folder import RunFolder, is_language_run

__all__ = ["run_page", "settings"]


def run_page(path: Path) -> str:
    """The page of a training; of one that has not ended, what there is.

    Args:
        path: Its directory.

    Raises:
        WorkError: Damaged files.
    """
    folder = RunFolder.open(path)
    language = is_language_run(path)
    experiment = folder.language_experiment() if language else folder.experiment()
    done = folder.training() if folder.finished else None
    evaluation = folder.evaluation()
    plain = experiment.plain()
    title, *rest = str(plain["description"] or plain["name"]).strip().splitlines()
    with as_written(path / "training.json"):
        top, remarks = _top(plain, folder.data(), done), _remarks(done, evaluation)
    of_model = _of_language(path, evaluation) if language else _of_clips(path, folder, evaluation, plain)
    return page(
        f"Training of a {'language model' if language else 'model of clips'}: {plain['name']}",
        title.rstrip("."),
        blocks("\n".join(rest), title),
        joined(top, warnings(remarks)),
        [
            Section("curves", "Curves", *curve_figures(read_log(path / "log.jsonl"))),
            *of_model,
            Section("settings", "Settings", settings(plain)),
        ],
    )


def _of_language(path: Path, evaluation: Mapping[str, Any] | None) -> list[Section]:
    with as_written(path / "evaluation.json"):
        found = language_sections(evaluation)
    return [*found, *analysis_sections(path)]


def _of_clips(
    path: Path, folder: RunFolder, evaluation: Mapping[str, Any] | None, plain: Mapping[str, Any]
) -> list[Section]:
    shown = pictures(
        path,
        {
            "reconstructions.png": "Held-out clips above, what the model makes of them below",
            "traversals.png": "Traversals: a row for each code, moved from low to high",
        },
    )
    with as_written(path / "data.json"):
        factors = [str(factor["name"]) for factor in folder.data().get("factors", ())]
    with as_written(path / "evaluation.json"):
        scores = score_sections(path, evaluation, plain, factors)
    return [
        *scores,
        Section("pictures", "Pictures", *shown),
        traversal_section(path, folder, evaluation, factors),
    ]


def _top(plain: Mapping[str, Any], data: Mapping[str, Any], done: Mapping[str, Any] | None) -> Html:
    """What was trained, on what, for how long."""
    model, training = plain["model"], done or {}
    fingerprint = str(data.get("identity", "")).partition(" ")[0]
    parameters = training.get("parameters") or (training.get("trained") or {}).get("total")
    pairs: list[tuple[str, Any]] = [
        ("data", f"{data.get('source', '')}"),
        ("fingerprint of the data", tag("code", fingerprint) if fingerprint.startswith("sha256:") else ""),
        ("model", f"{model.get('name') or model.get('path')}"),
        ("parameters", f"{parameters:,}" if isinstance(parameters, int) else ""),
        ("steps", f"{training['steps']:,}" if "steps" in training else ""),
        ("trained on", f"{training['num_examples']:,} examples" if "num_examples" in training else ""),
        ("seed", plain["seed"]),
        ("made with", ", ".join(f"{name} {version}" for name, version in training.get("versions", {}).items())),
    ]
    return facts(pairs, wide=("fingerprint of the data", "made with"))


def _remarks(done: Mapping[str, Any] | None, evaluation: Mapping[str, Any] | None) -> list[str]:
    if done is None:
        return ["The training has not ended: the same synthkit train goes on. This page shows what there is so far."]
    found = ["Validation ended it early."] if done.get("stopped_early") else []
    found += [str(line) for line in done.get("warnings", ())]
    if evaluation is None:
        return [*found, "It has not been evaluated: the same synthkit train goes on with that."]
    return [*found, *(str(line) for line in evaluation.get("warnings", ()))]


def settings(plain: Mapping[str, Any]) -> Html:
    """All settings, to be unfolded."""
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    return tag("details", tag("summary", "All settings of the experiment"), tag("pre", tag("code", text), tabindex=0))
