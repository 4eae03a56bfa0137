"""Scores of a model of clips: metrics and probes with their intervals, information of codes about factors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from synthkit.errors import SynthkitError
from synthkit.metrics.scores import Scores
from synthkit.report.charts import Estimate, estimates, figure, numbers, scrolled
from synthkit.report.facts import Section
from synthkit.report.heat import heat_map
from synthkit.report.tags import Html, tag
from synthkit.train.folder import CODES
from synthkit.train.language.intervals import wilson
from synthkit.train.scoring import score_run

__all__ = ["score_sections"]

_RESAMPLES = 100
_MOST_ROWS = 20_000  # of codes that are resampled
# Metrics that take moments to compute; others would take minutes to resample.
_QUICK = ("mig", "mig_sup", "jemmig", "dcimig", "modularity")
_TITLES = {"mutual_information": "Information of codes about factors"}


def score_sections(
    path: Path, evaluation: Mapping[str, Any] | None, plain: Mapping[str, Any], factors: Sequence[str]
) -> list[Section]:
    """Metrics, probes, downstream tasks and heat maps of an evaluation."""
    if not evaluation:
        return []
    sampled = bool(plain["evaluation"].get("sampled_codes"))
    intervals = {} if sampled else _intervals(path, evaluation)
    return [
        Section("metrics", "Metrics", *_metrics(evaluation, intervals)),
        Section("codes", "Codes and factors", *_heat_maps(evaluation, factors)),
        Section("probes", "Linear probes", *_probes(evaluation)),
        Section("downstream", "Few labels", *_downstream(evaluation)),
        Section("reconstruction", "Reconstruction", *_reconstruction(evaluation)),
    ]


def _intervals(path: Path, evaluation: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """95 % intervals of the quick metrics over the choice of held-out clips."""
    quick = [name for name in evaluation.get("metrics", {}) if name in _QUICK]
    if not quick or not (path / CODES).is_file() or evaluation["clips"] > _MOST_ROWS:
        return {}
    try:
        scores: Scores = score_run(path, metrics=quick, bootstrap=_RESAMPLES, threads=1)
    except SynthkitError:  # too few clips to be resampled: the values stand without intervals
        return {}
    return {name: (float(found.low), float(found.high)) for name, found in scores.intervals.items()}


def _metrics(evaluation: Mapping[str, Any], intervals: Mapping[str, tuple[float, float]]) -> Iterator[Html]:
    found: Mapping[str, float | None] = evaluation.get("metrics", {})
    if not found:
        return
    spread: Mapping[str, float] = evaluation.get("resampled_std", {})
    said: list[str | Html] = [f"{evaluation['clips']:,} held-out clips, convention {evaluation['convention']}."]
    if intervals:
        said.append(f" Lines are 95 % intervals over the choice of clips ({_RESAMPLES} resamples).")
    if set(found) - set(intervals):
        command = tag("code", "synthkit score RUN --bootstrap 100", class_="command")
        said += [" A metric without a line was not resampled for this page; ", command, " does it."]
    yield tag("p", said, class_="said")
    shown = [
        Estimate(name, float(value), intervals.get(name))
        for name, value in found.items()
        if value is not None and _drawable(value)
    ]
    rows = [
        (name, _number(value), _interval(intervals.get(name)), *([_number(spread.get(name))] if spread else []))
        for name, value in found.items()
    ]
    header = ("metric", "value", "95 % interval", *(["over draws of codes, s.d."] if spread else []))
    table = scrolled("Metrics", header, rows)
    drawn = figure("Metrics between 0 and 1", estimates(shown, _said("Metrics", shown))) if shown else None
    yield tag("div", drawn, tag("div", table), class_="grid wide")


def _drawable(value: float) -> bool:
    return math.isfinite(value) and -0.5 <= value <= 1


def _said(of: str, rows: Sequence[Estimate]) -> str:
    return f"{of}: " + ", ".join(f"{row.name} {row.value:.3f}" for row in rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{ends[0]:.3f} to {ends[1]:.3f}"


def _heat_maps(evaluation: Mapping[str, Any], names: Sequence[str]) -> Iterator[Html]:
    """Matrices of factors by codes."""
    charts = []
    for key, rows in evaluation.get("matrices", {}).items():
        table = np.array(rows, np.float64)
        if table.ndim != 2 or not table.size:
            continue
        factors, codes = _axes(table.shape, names)
        title = _TITLES.get(key, key.replace("_", " "))
        best = ", ".join(
            f"{f} {codes[int(row.argmax())]} ({row.max():.2f})" for f, row in zip(factors, table, strict=True)
        )
        said = f"{title}: {table.shape[0]} by {table.shape[1]}; largest in each row: {best}"
        shown = np.maximum(table, 0)
        header = ("factor", *codes)
        rows_of = [(f, *(f"{v:.3f}" for v in row)) for f, row in zip(factors, table.tolist(), strict=True)]
        table_html = numbers(title, header, rows_of)
        charts.append(figure(title, heat_map(shown, factors, codes, said, axes=("factor", "code")), table_html))
    if charts:
        yield tag("div", charts, class_="grid wide")


def _axes(shape: tuple[int, int], names: Sequence[str]) -> tuple[list[str], list[str]]:
    if shape[0] == len(names):
        return list(names), [str(d) for d in range(shape[1])]
    return [str(k) for k in range(shape[0])], [str(d) for d in range(shape[1])]


def _probes(evaluation: Mapping[str, Any]) -> Iterator[Html]:
    found, beside = evaluation.get("probes", {}), evaluation.get("feature_probes", {})
    if not found:
        return
    clips = evaluation["clips"]
    yield tag(
        "p",
        "A linear model of the codes, fitted to training clips, on held-out ones. The upright mark is the same probe "
        "on the features that the model was given. Accuracies have their 95 % interval (Wilson).",
        class_="said",
    )
    shown, rows = [], []
    for factor, measures in found.items():
        for measure, value in measures.items():
            if measure == "chance":
                continue
            other = beside.get(factor, {}).get(measure)
            ends = wilson(round(value * clips), clips) if measure == "accuracy" and value is not None else None
            rows.append(
                (factor, measure, _number(value), _interval(ends), _number(other), _number(measures.get("chance")))
            )
            if value is not None and _drawable(value):
                shown.append(Estimate(f"{factor} {measure}", float(value), ends, beside=other))
    drawn = figure("Probes", estimates(shown, _said("Linear probes", shown))) if shown else None
    header = ("factor", "measure", "codes", "95 % interval", "features", "chance")
    yield tag("div", drawn, tag("div", scrolled("Linear probes", header, rows)), class_="grid wide")


def _downstream(evaluation: Mapping[str, Any]) -> Iterator[Html]:
    rows = [
        (r["factor"], f"{r['labels']:,} ({r['share']:.0%})",
         *(_number(r[k]) for k in ("chance", "frozen", "fine_tuned", "scratch")))
        for r in evaluation.get("downstream", ())
    ]  # fmt: skip
    if rows:
        header = ("factor", "labels", "chance", "frozen", "fine-tuned", "from scratch")
        yield tag("p", "Accuracy of classifiers that were given so many labels.", class_="said")
        yield scrolled("Accuracy with few labels", header, rows)


def _reconstruction(evaluation: Mapping[str, Any]) -> Iterator[Html]:
    found = evaluation.get("reconstruction")
    if found:
        yield tag(
            "p",
            f"Mean squared error of a number of the features {found['mse']:.4f}, {_number(found['unexplained'])} of "
            "their variance.",
        )
