"""Twins of the native elementary functions: the same operations in the same order, so the same bits."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["exp2", "log2", "sin_cycle", "sin_quarter"]

Array = npt.NDArray[np.float64]
_QUARTER_SERIES = (
    2.5729209656608e-16,
    -4.3794659637264e-14,
    6.0669357311061945e-12,
    -6.6880351098114673e-10,
    5.6921729219679268e-08,
    -3.5988432352120853e-06,
    1.6044118478735982e-04,
    -4.6817541353186883e-03,
    7.9692626246167046e-02,
    -6.4596409750624625e-01,
    1.5707963267948966,
)


def exp2(x: Array) -> Array:
    """2^x for float64 x."""
    inside = np.where(np.isnan(x), 0.0, np.clip(x, -1022.0, 1024.0))
    whole = (inside + 6755399441055744.0) - 6755399441055744.0
    z = (inside - whole) * 0.6931471805599453
    p = np.full_like(z, 1.0 / math.factorial(14))
    for k in range(13, -1, -1):
        p = p * z + 1.0 / math.factorial(k)
    with np.errstate(over="ignore"):
        value = np.ldexp(p, whole.astype(np.int64))
    ends = np.where(x >= 1024.0, np.inf, np.where(x > -1022.0, value, 0.0))
    return np.where(np.isnan(x), x, ends)


def log2(x: Array) -> Array:
    """Base-2 logarithm of positive normal float64 x."""
    half, exponent = np.frexp(x)
    m, exponent = 2.0 * half, exponent - 1
    large = m > 1.4142135623730951
    m, exponent = np.where(large, 0.5 * m, m), exponent + large
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = np.full_like(z, 1.0 / 25.0)
    for k in range(23, 0, -2):
        p = p * z + 1.0 / k
    return exponent + s * p * 2.8853900817779268


def sin_cycle(phase: npt.NDArray[np.uint64]) -> Array:
    """sin(2 pi phase / 2^64), float64, for uint64 phases."""
    beyond = ((phase ^ (phase << np.uint64(1))).view(np.int64) >> np.int64(63)).view(np.uint64)
    folded = ((phase ^ beyond) - beyond + (beyond & np.uint64(1 << 63))).view(np.int64)
    return sin_quarter(folded.astype(np.float64) * 2.168404344971009e-19)


def sin_quarter(q: Array) -> Array:
    """sin(pi / 2 q) for float64 q in [-1, 1]."""
    z = q * q
    p = np.full_like(z, _QUARTER_SERIES[0])
    for coefficient in _QUARTER_SERIES[1:]:
        p = p * z + coefficient
    return p * q
