"""Linear probes with a verdict: is a factor to be found in the features, beyond chance?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from synthkit.ops.logistic import logistic_regression

__all__ = ["FactorProbe", "probe_labels", "probe_values"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TRAIN_SHARE = 0.75
_SIGNIFICANCE = 0.001
_LEAST_SKILL = 0.05
_LEAST_PER_LEVEL = 4
_LEAST_TESTED = 30
_ITERATIONS = 60
_RIDGE = 1e-2


@dataclass(frozen=True, slots=True)
class FactorProbe:
    """What a linear probe makes of one factor.

    Attributes:
        factor: Its name.
        measure: ``accuracy`` of a logistic regression, or ``r2`` of a least-squares fit, on held-out examples.
        score: The measure.
        chance: What knowing nothing gets: always naming the most common level of the training part; 0 for r2.
        p_value: Probability of such a score, or a better one, by chance alone: binomial, or of the correlation by
            Fisher's transformation.
        examples: Held-out examples.
        verdict: ``recovered``: above chance with p < 0.001, and (score - chance) / (1 - chance) >= 0.05. ``lost``
            otherwise. ``too few``: not recovered, but from fewer than 4 training examples for each level or fewer than
            30 held-out ones nothing can be said.
    """

    factor: str
    measure: Literal["accuracy", "r2"]
    score: float
    chance: float
    p_value: float
    examples: int
    verdict: Literal["recovered", "lost", "too few"]


def probe_labels(factor: str, features: Floats, labels: Ints, levels: int, threads: int | None) -> FactorProbe:
    """Probe a factor with levels.

    Args:
        factor: Its name.
        features: [n, D], the training part first.
        labels: [n], level of each example.
        levels: Levels that there are in all.
        threads: Threads; the result does not depend on them.
    """
    rows = _train_rows(len(features))
    train, test = labels[:rows], labels[rows:]
    if len(np.unique(train)) < 2 or not len(test):
        return FactorProbe(factor, "accuracy", 0.0, 0.0, 1.0, len(test), "too few")
    fits = logistic_regression(
        _standardized(features, rows),
        labels,
        train_rows=rows,
        solver="lbfgs",
        max_iterations=_ITERATIONS,
        threads=threads,
    )
    score = float(fits.test_accuracy[0, 0])
    chance = float((test == np.bincount(train).argmax()).mean())
    expected = max(chance, 1 / levels)
    p_value = _binomial_tail(round(score * len(test)), len(test), expected)
    few = rows < _LEAST_PER_LEVEL * levels or len(test) < _LEAST_TESTED
    return FactorProbe(
        factor, "accuracy", score, expected, p_value, len(test), _verdict(score, expected, p_value, few=few)
    )


def probe_values(factor: str, features: Floats, values: Floats) -> FactorProbe:
    """Probe a factor of numbers, by ridge regression on standardised features.

    Args:
        factor: Its name.
        features: [n, D], the training part first.
        values: [n].
    """
    rows = _train_rows(len(features))
    test = values[rows:]
    if rows < 8 or len(test) < 4 or np.ptp(values[:rows]) == 0 or np.ptp(test) == 0:
        return FactorProbe(factor, "r2", 0.0, 0.0, 1.0, len(test), "too few")
    scaled = _standardized(features, rows)
    mean = values[:rows].mean()
    gram = scaled[:rows].T @ scaled[:rows] + _RIDGE * rows * np.eye(scaled.shape[1])
    weights = np.linalg.solve(gram, scaled[:rows].T @ (values[:rows] - mean))
    guesses = scaled[rows:] @ weights + mean
    score = 1 - float(np.mean((test - guesses) ** 2) / test.var())
    p_value = _correlation_p(guesses, test)
    return FactorProbe(
        factor, "r2", score, 0.0, p_value, len(test), _verdict(score, 0.0, p_value, few=len(test) < _LEAST_TESTED)
    )


def _train_rows(count: int) -> int:
    return int(TRAIN_SHARE * count)


def _standardized(features: Floats, rows: int) -> Floats:
    """Minus the mean, over the standard deviation of the training part; what is constant there becomes 0."""
    mean, spread = features[:rows].mean(axis=0), features[:rows].std(axis=0)
    varies = spread > 1e-9
    found: Floats = np.where(varies, (features - mean) / np.where(varies, spread, 1), 0)
    return found


def _verdict(score: float, chance: float, p_value: float, *, few: bool) -> Literal["recovered", "lost", "too few"]:
    if p_value < _SIGNIFICANCE and (score - chance) / (1 - chance) >= _LEAST_SKILL:
        return "recovered"
    return "too few" if few else "lost"


def _binomial_tail(hits: int, trials: int, chance: float) -> float:
    """P(X >= hits) for X binomial; summed in the order of k, so that it is the same everywhere."""
    if hits <= 0:
        return 1.0
    if chance >= 1:
        return 1.0
    logs = [
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        + k * math.log(chance) + (trials - k) * math.log1p(-chance)
        for k in range(hits, trials + 1)
    ]  # fmt: skip
    top = max(logs)
    return min(math.exp(top) * math.fsum(math.exp(value - top) for value in logs), 1.0)


def _correlation_p(guesses: Floats, values: Floats) -> float:
    """One-sided p-value of a positive correlation, by Fisher's transformation."""
    if guesses.std() == 0:
        return 1.0
    correlation = float(np.corrcoef(guesses, values)[0, 1])
    z = math.atanh(max(min(correlation, 1 - 1e-12), -1 + 1e-12)) * math.sqrt(max(len(values) - 3, 1))
    return 0.5 * math.erfc(z / math.sqrt(2))
