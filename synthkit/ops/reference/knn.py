"""Nearest-neighbour mutual information in NumPy: all distances at once, from the definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.ops.reference.elementary import log2, sin_cycle
from synthkit.ops.reference.philox import philox4x32

__all__ = ["break_ties", "careful_sum", "mi_continuous", "mi_discrete", "psi_table"]

_GAMMA = 0.5772156649015329
_MINUS_2_LN_2 = -1.3862943611198906

Floats = npt.NDArray[np.float64]


def mi_discrete(
    codes: Floats, labels: npt.NDArray[np.int32], *, neighbours: int, clip: bool, threads: int = 1
) -> Floats:
    """Codes [B, N, D], labels [K, N] numbered from 0 -> [B, K, D]; one thread whatever ``threads`` says."""
    del threads
    return _each_pair(codes, labels, lambda code, row: _ross(code, row, neighbours), clip=clip)


def mi_continuous(codes: Floats, targets: Floats, *, neighbours: int, clip: bool, threads: int = 1) -> Floats:
    """Codes [B, N, D], targets [K, N] -> [B, K, D]; one thread whatever ``threads`` says."""
    del threads
    return _each_pair(codes, targets, lambda code, row: _kraskov(code, row, neighbours), clip=clip)


def break_ties(codes: Floats, *, key: int, stream: int, threads: int = 1) -> Floats:
    """Codes [B, N, D] with noise; one thread whatever ``threads`` says."""
    del threads
    out = np.empty_like(codes)
    row = np.arange(codes.shape[1], dtype=np.uint64)
    for d in range(codes.shape[2]):
        counters = np.empty((len(row), 4), np.uint32)
        counters[:, 0], counters[:, 1] = row & np.uint64(0xFFFFFFFF), row >> np.uint64(32)
        counters[:, 2], counters[:, 3] = d, stream
        noise = _normal(philox4x32(counters, np.array([key & 0xFFFFFFFF, key >> 32], np.uint32)))
        for b in range(codes.shape[0]):
            column = codes[b, :, d]
            mean = careful_sum(abs(x) for x in column.tolist()) / len(row)
            out[b, :, d] = column + 1e-10 * max(1.0, mean) * noise
    return out


def careful_sum(numbers: Iterable[float]) -> float:
    """The sum in the given order with the rounding errors added at the end (Neumaier 1974)."""
    total = lost = 0.0
    for x in numbers:
        new = total + x
        lost += (total - new) + x if abs(total) >= abs(x) else (x - new) + total
        total = new
    return total + lost


def psi_table(most: int) -> Floats:
    """psi(n) = 1 + 1/2 + .. + 1/(n - 1) - gamma at [n], for n = 1 .. most; 0 at [0]."""
    out = np.zeros(most + 1)
    total = lost = 0.0
    for n in range(1, most + 1):
        out[n] = (total - _GAMMA) + lost
        x = 1.0 / n
        new = total + x
        lost += (total - new) + x if abs(total) >= abs(x) else (x - new) + total
        total = new
    return out


def _each_pair(
    codes: Floats, targets: npt.NDArray[Any], estimate: Callable[[Floats, npt.NDArray[Any]], float], *, clip: bool
) -> Floats:
    out = np.empty((codes.shape[0], targets.shape[0], codes.shape[2]))
    for b, t, d in np.ndindex(out.shape):
        mi = estimate(codes[b, :, d], targets[t])
        out[b, t, d] = max(0.0, mi) if clip else mi
    return out


def _mean_psi(counts: npt.NDArray[np.int64], psi: Floats) -> float:
    """Mean of psi over the counts; equal counts are added up first, small counts first."""
    values, times = np.unique(counts, return_counts=True)
    return careful_sum((times * psi[values]).tolist()) / len(counts)


def _ross(code: Floats, label: npt.NDArray[np.int32], neighbours: int) -> float:
    kept = np.bincount(label)[label] > 1
    code, label = code[kept], label[kept]
    n = len(code)
    psi = psi_table(n)
    distance = np.abs(code[:, None] - code[None, :])
    radius = np.empty(n)
    of_k, of_count = [], []
    for name in np.unique(label):
        own = np.flatnonzero(label == name)
        k = min(neighbours, len(own) - 1)
        # Position 0 of the sorted distances is the point itself, or one just as near.
        radius[own] = np.nextafter(np.sort(distance[np.ix_(own, own)], axis=1)[:, k], 0)
        of_k.append(len(own) * float(psi[k]))
        of_count.append(len(own) * float(psi[len(own)]))
    m = np.sum(distance <= radius[:, None], axis=1)
    return float(((psi[n] + careful_sum(of_k) / n) - careful_sum(of_count) / n) - _mean_psi(m, psi))


def _kraskov(code: Floats, target: Floats, neighbours: int) -> float:
    n = len(code)
    psi = psi_table(n)
    dx = np.abs(code[:, None] - code[None, :])
    dy = np.abs(target[:, None] - target[None, :])
    radius = np.nextafter(np.sort(np.maximum(dx, dy), axis=1)[:, neighbours], 0)[:, None]
    nx, ny = np.sum(dx <= radius, axis=1), np.sum(dy <= radius, axis=1)
    return float((psi[n] + psi[neighbours]) - (_mean_psi(nx, psi) + _mean_psi(ny, psi)))


def _normal(words: npt.NDArray[np.uint32]) -> Floats:
    """Box and Muller (1958): uint32 [n, 4] -> standard normal [n]."""
    wide = words.astype(np.uint64)
    size = (wide[:, 0] << np.uint64(32)) | wide[:, 1]
    phase = (wide[:, 2] << np.uint64(32)) | wide[:, 3]
    uniform = ((size >> np.uint64(11)) + np.uint64(1)).astype(np.float64) * 2.0**-53
    return np.sqrt(np.maximum(_MINUS_2_LN_2 * log2(uniform), 0.0)) * sin_cycle(phase)
