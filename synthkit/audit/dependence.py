"""Pairwise dependence of factors, over all examples of a dataset."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.ops.joint import joint_counts
from synthkit.records import FactorInfo

__all__ = ["Dependence", "dependences"]

_BINS = 10
_SIGNIFICANCE = 1e-6
_NOTABLE = 0.1


@dataclass(frozen=True, slots=True)
class Dependence:
    """How far one factor tells of another.

    Attributes:
        first, second: Their names.
        cramers_v: Cramer's V with the bias correction of Bergsma 2013 ("A bias-correction for Cramer's V and
            Tschuprow's T", J. Korean Stat. Soc. 42), 0 to 1; exactly 0 in a full grid.
        notable: V > 0.1 and chi-square's p < 1e-6.
    """

    first: str
    second: str
    cramers_v: float
    notable: bool


def dependences(
    factors: tuple[FactorInfo, ...], values: Mapping[str, npt.NDArray[Any]], indices: npt.NDArray[np.int64]
) -> tuple[Dependence, ...]:
    """All pairs of factors.

    Args:
        factors: The factors.
        values: Name -> [N].
        indices: int64 [N, K], levels; -1 where a factor has none: its values are cut into 10 bins of equal counts.
    """
    labels = {f.name: _labels(f, values[f.name], indices[:, k]) for k, f in enumerate(factors)}
    return tuple(_dependence(a, b, labels[a], labels[b]) for a, b in combinations(labels, 2))


def _labels(factor: FactorInfo, values: npt.NDArray[Any], indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if factor.levels is not None:
        found: npt.NDArray[np.int64] = np.unique(indices, return_inverse=True)[1]
        return found
    ranks = np.argsort(np.argsort(values.astype(np.float64), kind="stable"), kind="stable")
    return ranks * _BINS // max(len(values), 1)


def _dependence(a: str, b: str, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Dependence:
    if not len(first):
        return Dependence(a, b, 0.0, notable=False)
    counts = joint_counts(first, second).astype(np.float64)
    total, rows, columns = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    rows, columns, counts = rows[rows > 0], columns[columns > 0], counts[rows > 0][:, columns > 0]
    r, c = len(rows), len(columns)
    if min(r, c) < 2 or total < 2:
        return Dependence(a, b, 0.0, notable=False)
    expected = rows[:, None] * columns / total
    chi = float((np.square(counts - expected) / expected).sum())
    freedom = (r - 1) * (c - 1)
    phi = max(0.0, chi / total - freedom / (total - 1))
    corrected_r, corrected_c = r - (r - 1) ** 2 / (total - 1), c - (c - 1) ** 2 / (total - 1)
    least = min(corrected_r, corrected_c) - 1
    v = math.sqrt(phi / least) if least > 0 else 0.0
    return Dependence(a, b, min(v, 1.0), notable=v > _NOTABLE and _chi_square_p(chi, freedom) < _SIGNIFICANCE)


def _chi_square_p(chi: float, freedom: int) -> float:
    """Upper tail of chi-square by Wilson and Hilferty's cube root, good to a few per cent: it only decides on notes."""
    z = ((chi / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))
    return 0.5 * math.erfc(z / math.sqrt(2))
