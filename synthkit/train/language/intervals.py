"""How sure an accuracy is: Wilson's interval, and paired bootstrap of two runs."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from synthkit.seeds import derive_key, uniforms

__all__ = ["paired_bootstrap", "wilson"]

_CELLS = 4_000_000  # random numbers at once


def wilson(right: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a proportion (Wilson 1927, without continuity correction).

    Args:
        right: Successes.
        count: Trials, at least 1.
        confidence: Probability that such intervals cover the true proportion.

    Returns:
        Its ends, within 0 and 1.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, squared = right / count, z * z / count
    middle = (share + squared / 2) / (1 + squared)
    half = z * math.sqrt(share * (1 - share) / count + squared / (4 * count)) / (1 + squared)
    low = 0.0 if right == 0 else middle - half
    return low, 1.0 if right == count else middle + half


def paired_bootstrap(
    first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_], *, resamples: int, confidence: float, seed: int
) -> tuple[float, float, float]:
    """Interval of the difference of two accuracies on the same examples, and how often it has the other sign.

    Examples are drawn anew with both their outcomes together (Efron and Tibshirani 1993, percentile interval).

    Args:
        first: Whether each example is right in the one run, [n].
        second: The same in the other.
        resamples: Draws.
        confidence: Of the interval.
        seed: Of the draws.

    Returns:
        Low end, high end, and the two-sided p value of no difference, at least 1 / (resamples + 1).
    """
    gain = second.astype(np.int64) - first.astype(np.int64)
    n = len(gain)
    key = derive_key(seed, "compare", "bootstrap")
    step = max(_CELLS // n, 1)
    parts = []
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        draws = uniforms(key, start, np.arange(count * n))[:, 0].reshape(count, n)
        parts.append(gain[(draws * n).astype(np.int64)].mean(1))
    means = np.concatenate(parts)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    below, above = int((means <= 0).sum()), int((means >= 0).sum())
    return float(low), float(high), min(1.0, 2 * (min(below, above) + 1) / (resamples + 1))
