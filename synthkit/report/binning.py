"""Factors of all examples as counts: bins, histograms, tables of pairs, and a choice of examples over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.records import FactorInfo
from synthkit.seeds import Permutation, derive_key
from synthkit.shards.wording import format_number

__all__ = ["Binned", "binned", "cramers_v", "joint_counts", "pair_factors", "picked"]

Ints = npt.NDArray[np.int64]

_CANDIDATES = 512
_PICK_BINS = 8


@dataclass(frozen=True, slots=True)
class Binned:
    """A factor cut into bins.

    Attributes:
        factor: Which.
        names: What each bin holds: a value, or ``first to last``.
        ends: The smallest and the largest value that there is room for, in words.
        place: int64 [N], the bin of each example.
        single: Whether each bin is one value.
    """

    factor: FactorInfo
    names: tuple[str, ...]
    ends: tuple[str, str]
    place: Ints
    single: bool

    @property
    def counts(self) -> Ints:
        """Examples in each bin; they sum to N."""
        return np.bincount(self.place, minlength=len(self.names)).astype(np.int64)


def binned(factor: FactorInfo, column: npt.NDArray[Any], most: int) -> Binned:
    """Bins of a factor.

    Levels are bins, or groups of as many neighbours where there are more than ``most`` (the last may hold fewer), of
    what was measured from the smallest to the largest that occurs; a range is cut into
    ``most`` parts of equal width, of equal ratio where the factor was drawn so.

    Args:
        factor: The factor.
        column: [N], its levels where it has levels, else its values: a column of `Dataset.factors_matrix`.
        most: Most bins.
    """
    if factor.levels is None:
        return _of_range(factor, column.astype(np.float64), most)
    level = column.astype(np.int64)
    values = (
        [format_number(v) for v in factor.values] if factor.values else [f"level {k}" for k in range(factor.levels)]
    )
    if factor.measured and factor.kind != "categorical" and len(level):
        low, high = int(level.min()), int(level.max())
        level, values = level - low, values[low : high + 1]
    if len(values) <= most:
        return Binned(factor, tuple(values), (values[0], values[-1]), level, single=True)
    size = _group(len(values), most)
    names = tuple(_span(values[k], values[min(k + size, len(values)) - 1]) for k in range(0, len(values), size))
    return Binned(factor, names, (values[0], values[-1]), level // size, single=False)


def _group(levels: int, most: int) -> int:
    """Levels in a bin: such that all bins hold as many, where that takes at least half as many bins as there may be."""
    smallest = -(-levels // most)
    return next((size for size in range(smallest, 2 * smallest + 1) if levels % size == 0), smallest)


def _of_range(factor: FactorInfo, values: npt.NDArray[np.float64], most: int) -> Binned:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    ends = (format_number(low), format_number(high))
    if low == high:
        return Binned(factor, (ends[0],), ends, np.zeros(len(values), np.int64), single=True)
    edges = np.geomspace(low, high, most + 1) if factor.spec.startswith("log") and low > 0 else None
    edges = np.linspace(low, high, most + 1) if edges is None else edges
    place = np.clip(np.searchsorted(edges, values, "right") - 1, 0, most - 1)
    names = tuple(_span(format_number(float(f"{a:.4g}")), format_number(float(f"{b:.4g}"))) for a, b in pairwise(edges))
    return Binned(factor, names, ends, place.astype(np.int64), single=False)


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def joint_counts(first: Binned, second: Binned) -> Ints:
    """Examples by the bins of two factors, [bins of the first, bins of the second]."""
    columns = len(second.names)
    flat = np.bincount(first.place * columns + second.place, minlength=len(first.names) * columns)
    return flat.reshape(len(first.names), columns).astype(np.int64)


def cramers_v(table: Ints) -> float:
    """Dependence of rows and columns, 0 to 1, by the chi-squared statistic; 0 where one of them does not vary."""
    held = table[table.any(axis=1)][:, table.any(axis=0)].astype(np.float64)
    if min(held.shape, default=0) < 2:
        return 0.0
    total = held.sum()
    expected = held.sum(axis=1, keepdims=True) * held.sum(axis=0) / total
    return float(np.sqrt(((held - expected) ** 2 / expected).sum() / (total * (min(held.shape) - 1))))


def pair_factors(factors: Sequence[FactorInfo], varying: Sequence[bool], most: int) -> list[int]:
    """Places of the factors whose pairs are drawn: those that vary and are no repetition, chosen before measured."""
    usable = [k for k, factor in enumerate(factors) if varying[k] and not factor.repetition]
    ordered = sorted(usable, key=lambda k: (factors[k].measured, k))
    return sorted(ordered[:most])


def picked(factors: Sequence[FactorInfo], matrix: npt.NDArray[Any], count: int, seed: str) -> list[int]:
    """Rows of some examples that are spread over all factors.

    Of up to 512 drawn rows, each next one is the first whose values have been taken least often so far. The rows are
    given in the order of their factors.

    Args:
        factors: K factors.
        matrix: Of `Dataset.factors_matrix`, [N, K].
        count: How many are wanted.
        seed: Of the draw, e.g. a fingerprint.
    """
    rows = len(matrix)
    order = Permutation(derive_key(0, seed, "report-examples"), max(rows, 1))
    drawn = order(np.arange(min(rows, _CANDIDATES), dtype=np.int64))
    bins = [binned(factor, matrix[drawn, k], _PICK_BINS) for k, factor in enumerate(factors)]
    places = np.stack([each.place for each in bins], axis=1) if bins else np.zeros((len(drawn), 1), np.int64)
    taken = [np.zeros(len(each.names), np.int64) for each in bins] or [np.zeros(1, np.int64)]
    left = np.ones(len(drawn), bool)
    found: list[int] = []
    for _ in range(min(count, len(drawn))):
        cost = np.sum([taken[k][places[:, k]] for k in range(places.shape[1])], axis=0)
        best = int(np.where(left, cost, np.iinfo(np.int64).max).argmin())
        left[best] = False
        for k in range(places.shape[1]):
            taken[k][places[best, k]] += 1
        found.append(best)
    keys = {candidate: (*matrix[drawn[candidate]].tolist(), int(drawn[candidate])) for candidate in found}
    return [int(drawn[candidate]) for candidate in sorted(found, key=lambda c: keys[c])]
