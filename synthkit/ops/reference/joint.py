"""NumPy twin of `synthkit.ops.joint`'s kernels: the same definitions, told plainly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["counts", "cut", "expected_information", "information"]


def cut(
    codes: npt.NDArray[np.float64], *, bins: int, quantile: bool, threads: int
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int32]]:
    """Bins uint16 [B, D, N] and how many, int32 [B, D]."""
    del threads
    models, rows, columns = codes.shape
    index = np.zeros((models, columns, rows), np.uint16)
    sizes = np.ones((models, columns), np.int32)
    for b in range(models):
        for d in range(columns):
            values = codes[b, :, d]
            edges = _quantile_edges(values, bins) if quantile else _equal_width_edges(values, bins)
            index[b, d] = np.searchsorted(edges, values, side="right")
            sizes[b, d] = len(edges) + 1
    return index, sizes


def _equal_width_edges(values: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.float64]:
    if values.min() == values.max():
        return np.empty(0)
    return np.linspace(values.min(), values.max(), bins + 1)[1:-1]


def _quantile_edges(values: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.float64]:
    distinct = np.unique(values)
    if len(distinct) <= bins:
        return distinct[1:]
    ordered = np.sort(values)
    rows = len(ordered)
    edges = []
    for j in range(1, bins):
        # Ranks r with |r - j N / bins| within half a bin, the upper end left to the next edge.
        near = np.array([r for r in range(1, rows) if (2 * j - 1) * rows <= 2 * r * bins < (2 * j + 1) * rows], int)
        gap = ordered[near] - ordered[near - 1]
        if not gap.any():
            continue
        widest = np.argmax(gap)
        nearest = np.argmin(np.where(gap > 0, np.abs(near * bins - j * rows), np.iinfo(int).max))
        in_gap = gap[widest] >= 0.25 * (ordered[near[-1]] - ordered[near[0] - 1])
        edges.append(ordered[near[widest if in_gap else nearest]])
    return np.array(edges)


def counts(a: npt.NDArray[np.uint16], b: npt.NDArray[np.uint16], *, a_size: int, b_size: int) -> npt.NDArray[np.uint32]:
    """Counts [a_size, b_size] of a, b [1, N]."""
    table = np.zeros((a_size, b_size), np.uint32)
    np.add.at(table, (a[0], b[0]), 1)
    return table


def information(
    codes: npt.NDArray[np.uint16],
    code_sizes: npt.NDArray[np.int32],
    labels: npt.NDArray[np.uint16],
    label_sizes: npt.NDArray[np.int32],
    *,
    expected: bool,
    threads: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Plug-in information, its mean over permutations, and degrees of freedom, [M, K] each."""
    del threads
    shape = (len(codes), len(labels))
    plug_in, mean, freedom = np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int64)
    for m, code in enumerate(codes):
        for k, label in enumerate(labels):
            table = counts(code[None], label[None], a_size=int(code_sizes[m]), b_size=int(label_sizes[k]))
            a, b = table.sum(axis=1), table.sum(axis=0)
            plug_in[m, k] = _plug_in(table / table.sum())
            freedom[m, k] = np.sum(table > 0) - np.sum(a > 0) - np.sum(b > 0) + 1
            if expected:
                mean[m, k] = expected_information(a, b)
    return plug_in, mean, freedom


def _plug_in(p: npt.NDArray[np.float64]) -> float:
    independent = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
    held = p > 0
    return max(float(np.sum(p[held] * np.log(p[held] / independent[held]))), 0.0)


def expected_information(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Vinh, Epps and Bailey 2010, eq. 24, with log-factorials as it is printed. Margins a [A], b [B] -> nats."""
    n = int(a.sum())
    log_factorial = [math.lgamma(i + 1) for i in range(n + 1)]
    total = 0.0
    for ai in map(int, a):
        for bj in map(int, b):
            for x in range(max(1, ai + bj - n), min(ai, bj) + 1):
                log_p = sum(log_factorial[i] for i in (ai, bj, n - ai, n - bj)) - sum(
                    log_factorial[i] for i in (n, x, ai - x, bj - x, n - ai - bj + x)
                )
                total += x / n * math.log(n * x / (ai * bj)) * math.exp(log_p)
    return total
