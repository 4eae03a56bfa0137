"""Linear probes: what a linear model makes of codes, or of features, on clips that it was not fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.ops.auc import roc_auc
from synthkit.ops.logistic import logistic_regression
from synthkit.train.factors import Factor

__all__ = ["linear_probes"]

Floats = npt.NDArray[np.float64]

_RIDGE = 1e-6
_LOG_RATIO = 4.0  # a positive factor that spans more is probed by its logarithm as well


def linear_probes(
    factors: Sequence[Factor], train: tuple[Floats, Floats], test: tuple[Floats, Floats]
) -> dict[str, dict[str, Any]]:
    """Fit to training clips, score held-out ones.

    Classes: logistic regression (C = 1) on standardised inputs: ``accuracy``; ``chance``, what naming the most frequent
    class of the training clips gets; ``explicitness``, the area under the ROC curve of each class against the others,
    averaged and rescaled so that 0 is chance and 1 is perfect. Numbers: least squares with a trace of ridge: ``r2``,
    and ``log_r2`` of the logarithm where the values are positive and span more than a factor of 4.

    Args:
        factors: K factors.
        train: Inputs [n, D] and factors [n, K].
        test: The same of held-out clips.

    Returns:
        Factor -> measure -> value; a measure that has no value is None.
    """
    inputs = np.concatenate([train[0], test[0]]).astype(np.float64)
    rows = len(train[0])
    mean, spread = inputs[:rows].mean(0), inputs[:rows].std(0)
    scaled = np.where(spread > 1e-9, (inputs - mean) / np.where(spread > 1e-9, spread, 1), 0)
    found: dict[str, dict[str, Any]] = {}
    for k, factor in enumerate(factors):
        column = np.concatenate([train[1][:, k], test[1][:, k]])
        found[factor.name] = _classes(scaled, column, rows) if factor.is_class else _numbers(scaled, column, rows)
    return found


def _classes(scaled: Floats, column: Floats, rows: int) -> dict[str, Any]:
    labels = column.astype(np.int64)
    train, test = labels[:rows], labels[rows:]
    if len(np.unique(train)) < 2 or not len(test):
        return {"accuracy": None, "chance": None, "explicitness": None}
    fits = logistic_regression(scaled, labels, train_rows=rows, solver="lbfgs", max_iterations=200, probabilities=True)
    probabilities = None if fits.probabilities is None else fits.probabilities[0, 0, rows:]
    return {
        "accuracy": float(fits.test_accuracy[0, 0]),
        "chance": float((test == np.bincount(train).argmax()).mean()),
        "explicitness": _explicitness(probabilities, fits.classes[0], test),
    }


def _explicitness(probabilities: Floats | None, classes: npt.NDArray[Any], test: npt.NDArray[np.int64]) -> float | None:
    if probabilities is None:
        return None
    areas = roc_auc(probabilities[:, : len(classes)], test, classes=classes)
    return None if np.isnan(areas).all() else 2 * float(np.nanmean(areas)) - 1


def _numbers(scaled: Floats, column: Floats, rows: int) -> dict[str, Any]:
    found = {"r2": _r2(scaled, column, rows)}
    if column.min() > 0 and column.max() > _LOG_RATIO * column.min():
        found["log_r2"] = _r2(scaled, np.log(column), rows)
    return found


def _r2(scaled: Floats, column: Floats, rows: int) -> float | None:
    test = column[rows:]
    if len(test) < 2 or test.var() == 0 or np.ptp(column[:rows]) == 0:
        return None
    mean = column[:rows].mean()
    x = scaled[:rows]
    weights = np.linalg.solve(x.T @ x + _RIDGE * rows * np.eye(x.shape[1]), x.T @ (column[:rows] - mean))
    residual = test - (scaled[rows:] @ weights + mean)
    return float(1 - np.mean(residual**2) / test.var())
