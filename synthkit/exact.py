"""Elementary functions with the same bits on any machine.

libm and NumPy's vector loops differ from machine to machine in the last bits; these use nothing but IEEE + - * / and
the native polynomials, so that a factor value is the same everywhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit import _core

__all__ = ["exp2", "log2", "normal_cdf", "normal_quantile"]

_LOG2_E = 1.4426950408889634
_LN_2 = 0.6931471805599453
_SQRT_TAU = 2.5066282746310002
_NORMAL_LIMIT = 37.0

# Hart et al. (1968), no. 5666, as given by West, "Better approximations to cumulative normal functions" (2005):
# numerator and denominator of the upper tail for |z| < 7.07, absolute error below 1e-15.
_HART_NUMERATOR = (
    0.0352624965998911,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_HART_DENOMINATOR = (
    0.0883883476483184,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)
_HART_LIMIT = 7.07106781186547

# Acklam's rational approximation of the normal quantile, relative error below 1.2e-9 before refinement.
_ACKLAM_A = (
    -39.69683028665376,
    220.9460984245205,
    -275.9285104469687,
    138.3577518672690,
    -30.66479806614716,
    2.506628277459239,
)
_ACKLAM_B = (-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1.0)
_ACKLAM_C = (
    -0.007784894002430293,
    -0.3223964580411365,
    -2.400758277161838,
    -2.549732539343734,
    4.374664141464968,
    2.938163982698783,
)
_ACKLAM_D = (0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1.0)
_ACKLAM_TAIL = 0.02425

Array = npt.NDArray[np.float64]


def exp2(x: Array) -> Array:
    """2^x, elementwise, float64."""
    return _core.elementary.exp2(np.ascontiguousarray(x, dtype=np.float64))


def log2(x: Array) -> Array:
    """Base-2 logarithm of positive numbers, elementwise, float64."""
    return _core.elementary.log2(np.ascontiguousarray(x, dtype=np.float64))


def normal_cdf(z: Array) -> Array:
    """Distribution function of the standard normal, float64, absolute error below 1e-14."""
    size = np.minimum(np.abs(z), _NORMAL_LIMIT)
    density = exp2(-0.5 * size * size * _LOG2_E)
    middle = density * (_horner(_HART_NUMERATOR, size) / _horner(_HART_DENOMINATOR, size))
    fraction = size + 1 / (size + 2 / (size + 3 / (size + 4 / (size + 0.65))))
    upper = np.where(size < _HART_LIMIT, middle, density / (fraction * _SQRT_TAU))
    return np.where(z > 0, 1 - upper, upper)


def normal_quantile(p: Array) -> Array:
    """Inverse of `normal_cdf` for p in (0, 1), float64, relative error below 2e-9 (Acklam 2003)."""
    tail = np.minimum(p, 1 - p)
    q = np.sqrt(-2 * _LN_2 * log2(np.maximum(tail, 1e-300)))
    outer = _horner(_ACKLAM_C, q) / _horner(_ACKLAM_D, q)
    r = p - 0.5
    inner = r * (_horner(_ACKLAM_A, r * r) / _horner(_ACKLAM_B, r * r))
    return np.where(tail < _ACKLAM_TAIL, np.where(p < 0.5, outer, -outer), inner)


def _horner(coefficients: tuple[float, ...], x: Array) -> Array:
    """Polynomial, highest power first."""
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value
