"""The table of a sweep: a row for each training and test split, and a picture."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from matplotlib.figure import Figure

from synthkit.storage.files import write_file
from synthkit.train.figures import save
from synthkit.train.folder import RunFolder
from synthkit.train.language.intervals import mean_interval
from synthkit.train.language.pictures import entitle
from synthkit.train.language.sweep import SweepFolder
from synthkit.train.language.sweep_comparisons import comparison_lines, write_comparisons
from synthkit.train.parquet import write_rows

__all__ = ["SWEEP_FILES", "sweep_rows", "write_sweep"]

_KINDS = {"layer": pa.int64(), "step_accuracy": pa.float64(), "tokens": pa.int64()}
SWEEP_FILES = TABLE, PICTURE, TEXT = "sweep.parquet", "sweep.png", "sweep.md"


def sweep_rows(folder: SweepFolder) -> list[dict[str, Any]]:
    """Rows of all trainings that are finished, in order."""
    plan = folder.plan()
    rows = []
    for point in plan["points"]:
        for seed in plan["seeds"]:
            run = RunFolder(folder.run(point["name"], seed))
            evaluation = run.evaluation()
            if evaluation is None:
                continue
            for split, values in evaluation.get("splits", {}).items():
                rows.append(_row(point, seed, split, values, evaluation["trained"], run.training()))
    return rows


def _row(
    point: Mapping[str, Any],
    seed: int,
    split: str,
    values: Mapping[str, Any],
    trained: Mapping[str, Any],
    training: Mapping[str, Any],
) -> dict[str, Any]:
    steps = values["steps"] or {}
    return {
        "point": point["name"],
        **point["axes"],
        "layer": point["layer"],
        "seed": seed,
        "split": split,
        "texts": values["texts"],
        "accuracy": values["accuracy"],
        "low": values["low"],
        "high": values["high"],
        "invalid": values["invalid"],
        "best_baseline": max(values["baselines"].values()),
        "step_accuracy": steps.get("step_accuracy"),
        "trained_share": trained["share"],
        "training_steps": training["steps"],
        "tokens": training.get("tokens"),  # trainings of earlier versions do not say
    }


def write_sweep(folder: SweepFolder) -> list[dict[str, Any]]:
    """Write ``sweep.parquet``, ``sweep.md`` and ``sweep.png``, with a baseline comparisons too; gives the rows."""
    rows = sweep_rows(folder)
    if not rows:
        return rows
    plan = folder.plan()
    write_rows(folder.path / TABLE, rows, _KINDS)
    compared = write_comparisons(folder, list(dict.fromkeys(row["split"] for row in rows)))
    lines = _markdown(plan, rows)
    lines += ["", *comparison_lines(plan, compared)] if compared else []
    write_file(folder.path, TEXT, ("\n".join(lines) + "\n").encode())
    _draw(plan, rows, folder.path / PICTURE)
    return rows


def _markdown(plan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    axes = plan["axes"]
    head = [*axes, "split", "accuracy", "interval", "spread", "best baseline", "trained", "steps", "tokens"]
    lines = [
        f"# {plan['title']}",
        "",
        f"Accuracy over {len(plan['seeds'])} training(s) of each: mean; where there is one its interval (Wilson), else "
        "that of the mean (t over trainings) and the standard deviation over trainings. Steps and tokens read: means.",
        "",
        "| " + " | ".join(head) + " |",
        "|---" * len(head) + "|",
    ]
    for key, found in _groups(rows, [*axes, "split"]).items():
        lines.append("| " + " | ".join([*map(str, key), *_cells(found)]) + " |")
    return lines


def _cells(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Figures of one combination, over its trainings."""
    values = [row["accuracy"] for row in found]
    (low, high), spread = (found[0]["low"], found[0]["high"]), ""
    if len(values) > 1:
        (low, high), spread = mean_interval(values), f"+- {statistics.stdev(values):.3f}"
    tokens = [row["tokens"] for row in found if row["tokens"] is not None]
    return [
        *(f"{statistics.fmean(values):.3f}", f"{low:.3f} to {high:.3f}", spread, f"{found[0]['best_baseline']:.3f}"),
        f"{found[0]['trained_share']:.2%}",
        f"{statistics.fmean(row['training_steps'] for row in found):,.0f}",
        f"{statistics.fmean(tokens):,.0f}" if tokens else "",
    ]


def _groups(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[tuple[Any, ...], list[Mapping[str, Any]]]:
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def _draw(plan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Accuracy along the last axis, a line for each combination of the others, a panel for each split."""
    *others, along = plan["axes"]
    splits = list(dict.fromkeys(row["split"] for row in rows))
    places = list(dict.fromkeys(row[along] for row in rows))
    figure = Figure(figsize=(max(4.5, 0.5 * len(places) + 2.5) * len(splits), 3.6), layout="constrained")
    for axis, split in zip(figure.subplots(1, len(splits), squeeze=False)[0], splits, strict=True):
        shown = [row for row in rows if row["split"] == split]
        for key, found in _groups(shown, others).items():
            of_place = _groups(found, [along])
            x = [places.index(place[0]) for place in of_place]
            y = [statistics.fmean(row["accuracy"] for row in each) for each in of_place.values()]
            spread = [[m - min(r["low"] for r in e) for m, e in zip(y, of_place.values(), strict=True)]]
            spread += [[max(r["high"] for r in e) - m for m, e in zip(y, of_place.values(), strict=True)]]
            name = ", ".join(map(str, key)) or None
            drawn = axis.errorbar(x, y, yerr=spread, marker="o", capsize=3, label=name)
            best = statistics.fmean(row["best_baseline"] for row in found)
            axis.axhline(best, color=drawn[0].get_color(), linestyle=":", linewidth=1)
        axis.plot([], [], ":", color="#9a9a9a", label="best baseline")
        axis.set_xticks(range(len(places)), places, rotation=60 if len(places) > 4 else 0, fontsize=7)
        axis.set_xlabel(along)
        axis.set_ylabel(f"accuracy, {split}")
        axis.set_ylim(0, 1.02)
        axis.legend(fontsize=7)
    entitle(figure, plan["title"])
    save(figure, path)
