"""The points of a sweep against its baseline, over the same seeds and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthkit.errors import InputError
from synthkit.train.language.compare import compare_points
from synthkit.train.language.sweep import SweepFolder
from synthkit.train.parquet import write_rows

__all__ = ["COMPARISONS", "comparison_lines", "read_comparisons", "write_comparisons"]

COMPARISONS = "comparisons.parquet"
_RESAMPLES = 2000  # of each comparison; `synthkit compare` draws more
_NUMBERS = ("accuracy_first", "accuracy_second", "difference", "t_low", "t_high", "p_t", "low", "high", "p_bootstrap")
_COUNTS = ("seeds", "texts", "better", "worse")


def write_comparisons(folder: SweepFolder, splits: Sequence[str]) -> list[dict[str, Any]]:
    """Compare each point with its baseline, and write ``comparisons.parquet``.

    Args:
        folder: A sweep whose trainings have ended.
        splits: Test splits.

    Returns:
        A row for each pair and split: ``point``, ``baseline``, the axes, ``split``, what `compare_seeds` says, and
        ``problem``: why two points cannot be compared, else empty. No rows where the sweep names no baseline or has one
        seed.
    """
    plan = folder.plan()
    rows = [
        {"point": point["name"], "baseline": baseline["name"], **point["axes"], "split": split}
        | _compared(folder, baseline["name"], point["name"], split)
        for point, baseline in _pairs(plan)
        for split in splits
    ]
    if rows:
        kinds = {name: pa.float64() for name in _NUMBERS} | {name: pa.int64() for name in _COUNTS}
        write_rows(folder.path / COMPARISONS, rows, kinds)
    return rows


def read_comparisons(folder: Path) -> list[dict[str, Any]]:
    """The rows that `write_comparisons` wrote; none where there are none."""
    path = folder / COMPARISONS
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist() if path.is_file() else []
    return found


def comparison_lines(plan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows as a table in Markdown."""
    named = ", ".join(f"{axis} {point}" for axis, point in plan["baseline"].items())
    head = [*plan["axes"], "split", "difference", "over seeds", "p", "over seeds and texts", "p", "better"]
    lines = [
        f"## Compared with {named}",
        "",
        f"Accuracy minus that of the baseline with the same seed, {len(plan['seeds'])} seeds: interval and p of the "
        "paired t test over seeds; of a bootstrap of seeds and texts together; and with how many seeds it is better.",
        "",
        "| " + " | ".join(head) + " |",
        "|---" * len(head) + "|",
    ]
    return lines + [
        "| " + " | ".join([*(str(row[name]) for name in (*plan["axes"], "split")), *_cells(row)]) + " |" for row in rows
    ]


def _cells(row: Mapping[str, Any]) -> list[str]:
    if row["problem"]:
        return [str(row["problem"]), *[""] * 5]
    by_t = ["", ""] if row["p_t"] is None else [f"{row['t_low']:+.3f} to {row['t_high']:+.3f}", f"{row['p_t']:.4f}"]
    drawn = [f"{row['low']:+.3f} to {row['high']:+.3f}", f"{row['p_bootstrap']:.4f}"]
    return [f"{row['difference']:+.3f}", *by_t, *drawn, f"{row['better']} of {row['seeds']}"]


def _pairs(plan: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each point with the one that differs from it in the baseline's axes alone."""
    baseline = plan.get("baseline", {})  # sweeps of earlier versions name none
    if not baseline or len(plan["seeds"]) < 2:
        return
    by_axes = {tuple(point["axes"].items()): point for point in plan["points"]}
    for point in plan["points"]:
        other = by_axes.get(tuple((point["axes"] | baseline).items()))
        if other is not None and other is not point:
            yield point, other


def _compared(folder: SweepFolder, first: str, second: str, split: str) -> dict[str, Any]:
    try:
        found = compare_points(folder.path / first, folder.path / second, split=split, resamples=_RESAMPLES)
    except InputError as error:  # other test texts, say: the rest of the tables is still wanted
        return dict.fromkeys((*_COUNTS, *_NUMBERS), None) | {"problem": str(error)}
    return found | {"problem": ""}
