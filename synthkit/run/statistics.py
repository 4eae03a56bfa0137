"""Factor statistics, gathered shard by shard, for the card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.records import FactorInfo, FactorValue, Rows

__all__ = ["ShardStatistics", "majority_baselines", "merge"]

_MAX_COUNTED_LEVELS = 1000


class ShardStatistics:
    """Counts of levels, and sums of numbers, of one shard."""

    def __init__(self, factors: Sequence[FactorInfo]) -> None:
        self._factors = factors
        self._rows = 0
        self._counts = {
            f.name: np.zeros(f.levels, np.int64) for f in factors if f.levels and f.levels <= _MAX_COUNTED_LEVELS
        }
        self._sums = {f.name: [0.0, 0.0, math.inf, -math.inf] for f in factors if f.dtype != "string"}

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        self._rows += len(rows)
        for k, factor in enumerate(self._factors):
            if factor.name in self._counts:
                counts = np.bincount(rows.indices[:, k], minlength=factor.levels or 0)
                self._counts[factor.name] += counts
            if factor.name in self._sums:
                self._add_numbers(factor.name, rows.values[factor.name].astype(np.float64))

    def _add_numbers(self, name: str, values: npt.NDArray[np.float64]) -> None:
        sums = self._sums[name]
        sums[0] += float(values.sum())
        sums[1] += float((values * values).sum())
        sums[2] = min(sums[2], float(values.min()))
        sums[3] = max(sums[3], float(values.max()))

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the shard's record."""
        return {
            "rows": self._rows,
            "counts": {name: counts.tolist() for name, counts in self._counts.items()},
            "sums": self._sums,
        }


def merge(parts: Sequence[Mapping[str, Any]], factors: Sequence[FactorInfo]) -> dict[str, dict[str, Any]]:
    """Statistics of a split: factor -> mean, std, min, max (numbers), counts by level (up to 1000 levels)."""
    rows = sum(part["rows"] for part in parts)
    result: dict[str, dict[str, Any]] = {}
    for factor in factors:
        found: dict[str, Any] = {}
        sums = [part["sums"][factor.name] for part in parts if factor.name in part["sums"]]
        if sums and rows:
            mean = sum(s[0] for s in sums) / rows
            variance = max(sum(s[1] for s in sums) / rows - mean * mean, 0.0)
            found |= {"mean": mean, "std": math.sqrt(variance)}
            found |= {"min": min(s[2] for s in sums), "max": max(s[3] for s in sums)}
        counts = [part["counts"][factor.name] for part in parts if factor.name in part["counts"]]
        if counts and factor.values is not None:
            totals = np.sum(counts, axis=0).tolist()
            found["counts"] = {_label(v): n for v, n in zip(factor.values, totals, strict=True)}
        result[factor.name] = found
    return result


def majority_baselines(statistics: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, float]:
    """Accuracy on the last split of always guessing the level that is most common in the first."""
    splits = list(statistics)
    baselines: dict[str, float] = {}
    for name, first in statistics[splits[0]].items():
        seen = first.get("counts")
        asked = statistics[splits[-1]][name].get("counts")
        if seen and asked and sum(asked.values()):
            guess = max(seen, key=lambda level: (seen[level], level))
            baselines[name] = asked[guess] / sum(asked.values())
    return baselines


def _label(value: FactorValue) -> str:
    return value if isinstance(value, str) else repr(value)
