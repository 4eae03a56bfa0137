"""How sure an accuracy is: Wilson's interval, that of a mean over trainings, and paired bootstrap of two runs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from synthkit.seeds import derive_key, uniforms

__all__ = ["bootstrap_interval", "mean_interval", "paired_bootstrap", "wilson"]

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
    return bootstrap_interval(means, confidence)


def bootstrap_interval(draws: npt.NDArray[np.float64], confidence: float) -> tuple[float, float, float]:
    """Percentile interval of a difference that was drawn anew many times, and how often it has the other sign.

    Args:
        draws: The difference in each draw.
        confidence: Of the interval.

    Returns:
        Low end, high end, and the two-sided p value of no difference, at least 1 / (draws + 1).
    """
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    below, above = int((draws <= 0).sum()), int((draws >= 0).sum())
    return float(low), float(high), min(1.0, 2 * (min(below, above) + 1) / (len(draws) + 1))


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of independent trainings, by the t distribution.

    Args:
        values: One of each training, at least two.
        confidence: Probability that such intervals cover the mean over all seeds that there could be.

    Returns:
        Its ends.
    """
    from scipy import stats

    n, mean = len(values), statistics.fmean(values)
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * statistics.stdev(values) / math.sqrt(n)
    return mean - half, mean + half
