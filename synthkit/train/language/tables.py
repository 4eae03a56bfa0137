"""Accuracies with intervals: of all, by the values of factors, by length; and confusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.records import FactorInfo, TextExample
from synthkit.train.language.intervals import wilson

__all__ = ["accuracy", "by_factor", "by_number", "confusion"]

Right = npt.NDArray[np.bool_]


def accuracy(right: Right, baselines: Mapping[str, Right], confidence: float) -> dict[str, Any]:
    """Share of right answers, its interval, and that of each baseline on the same texts."""
    low, high = wilson(int(right.sum()), len(right), confidence)
    return {
        "texts": len(right),
        "accuracy": float(right.mean()),
        "low": low,
        "high": high,
        "baselines": {name: float(found.mean()) for name, found in baselines.items()},
    }


def by_factor(
    factor: FactorInfo,
    examples: Sequence[TextExample],
    right: Right,
    baselines: Mapping[str, Right],
    bins: int,
    confidence: float,
) -> list[dict[str, Any]]:
    """A row for each value of a factor; many numbers are put together in bins of about equally many texts."""
    values = [example.factors[factor.name] for example in examples]
    if factor.dtype == "string" or len(set(values)) <= bins:
        order = factor.values if factor.values is not None else tuple(sorted(set(values)))
        groups = [(str(value), [i for i, v in enumerate(values) if v == value]) for value in order]
        return [_row(name, found, right, baselines, confidence) for name, found in groups if found]
    return by_number(np.array(values, np.float64), right, baselines, bins, confidence)


def by_number(
    values: npt.NDArray[np.float64], right: Right, baselines: Mapping[str, Right], bins: int, confidence: float
) -> list[dict[str, Any]]:
    """Rows for ranges of a number, of about equally many texts; equal numbers are in one row."""
    order = np.argsort(values, kind="stable")
    edges = sorted({float(values[part[0]]) for part in np.array_split(order, min(bins, len(order)))})
    place = np.searchsorted(edges, values, "right") - 1
    rows = []
    for k in range(len(edges)):
        found = np.flatnonzero(place == k).tolist()
        if found:
            low, high = values[found].min(), values[found].max()
            name = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            rows.append(_row(name, found, right, baselines, confidence) | {"from": float(low), "to": float(high)})
    return rows


def _row(
    name: str, found: list[int], right: Right, baselines: Mapping[str, Right], confidence: float
) -> dict[str, Any]:
    of_baselines = {baseline: each[found] for baseline, each in baselines.items()}
    return {"value": name} | accuracy(right[found], of_baselines, confidence)


def confusion(targets: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """How often each class was answered for each: rows are right answers; the last column holds what is no class."""
    place = {label: k for k, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels) + 1), np.int64)
    for target, answer in zip(targets, answers, strict=True):
        table[place[target], place.get(answer, len(labels))] += 1
    return {"labels": list(labels), "counts": table.tolist()}
