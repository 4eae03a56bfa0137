"""DCI's other predictors, through scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.metrics.learners import learner
from synthkit.metrics.problem import Problem
from synthkit.metrics.scaling import minmax

__all__ = ["lasso", "random_forest"]

Floats = npt.NDArray[np.float64]

_ALPHAS = np.array([0.0001, 0.001, 0.01, 0.1, 1.0])
_FOLDS = 10
_UNIFORM_VARIANCE = 1.0 / 12.0


def lasso(problem: Problem) -> tuple[Floats, Floats, Floats]:
    """|weights| of a lasso from codes to factor, both scaled to 0..1, on all rows; 10 folds choose its penalty.

    Returns:
        Importance [B, K, D]; informativeness max(0, 1 - 12 MSE), [B, K], 1 / 12 being the variance of a uniform factor;
        and NaN for the test rows that there are none of.
    """
    linear_model = learner("linear_model", "the lasso of DCI")
    shape = (problem.num_models, problem.num_factors)
    importance, score = np.zeros((*shape, problem.num_codes)), np.zeros(shape)
    scaled = minmax(problem.codes)
    targets = minmax(np.stack([factor.values for factor in problem.factors])[..., np.newaxis])[..., 0]
    for b, k in np.ndindex(*shape):
        codes, values = scaled[b], targets[k]
        model = linear_model.LassoCV(alphas=_ALPHAS, cv=_FOLDS, max_iter=10_000).fit(codes, values)
        importance[b, k] = np.abs(model.coef_)
        score[b, k] = max(0.0, 1.0 - float(np.mean((model.predict(codes) - values) ** 2)) / _UNIFORM_VARIANCE)
    return importance, score, np.full(shape, np.nan)


def random_forest(problem: Problem, targets: npt.NDArray[Any], loss: str) -> tuple[Floats, Floats, Floats]:
    """Impurity importances of scikit-learn's random forests with default settings, seeded.

    Returns:
        Importance [B, K, D], train and test score [B, K] (accuracy, or R2 and at least 0), K columns of ``targets``.
    """
    ensemble = learner("ensemble", "the random forest of DCI")
    make = ensemble.RandomForestClassifier if loss == "classification" else ensemble.RandomForestRegressor
    shape = (problem.num_models, targets.shape[1])
    importance, train, test = np.zeros((*shape, problem.num_codes)), np.zeros(shape), np.zeros(shape)
    rows = problem.num_train
    for b, k in np.ndindex(*shape):
        model = make(random_state=problem.seed % 2**32, n_jobs=problem.threads)
        model.fit(problem.codes[b, :rows], targets[:rows, k])
        importance[b, k] = model.feature_importances_
        train[b, k] = max(0.0, model.score(problem.codes[b, :rows], targets[:rows, k]))
        test[b, k] = max(0.0, model.score(problem.codes[b, rows:], targets[rows:, k]))
    return importance, train, test
