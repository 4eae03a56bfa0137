"""Gradient-boosted trees, for all factors of a batch of models at once: the predictors of the DCI metric.

The same trees as scikit-learn's ``GradientBoostingClassifier`` and ``GradientBoostingRegressor`` grow with default
settings (Friedman 2001, "Greedy function approximation", algorithms 1, 5 and 6; all features looked at, exact splits).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.ops.arrays import choose
from synthkit.ops.boost_input import BoostInput, gather
from synthkit.ops.reference import boost as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "BoostedTrees", "boosted_trees"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BoostedTrees:
    """What the trees of B models and K factors found.

    Attributes:
        importances: float64 [B, K, D]: each code's share of the squared error that the splits removed, summed over all
            trees of a factor; a row's sum is 1, or all are 0 where no tree split.
        train_score: float64 [B, K]: accuracy on the training rows, 0 to 1; for regression R^2.
        test_score: The same for the other rows; NaN where there are none (R^2: fewer than two).
        predictions: [B, K, N], all rows: labels, int64; for regression values, float64.
    """

    importances: Array
    train_score: Array
    test_score: Array
    predictions: npt.NDArray[Any]


def boosted_trees(
    codes: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    train_rows: int,
    loss: str = "classification",
    stages: int = 100,
    learning_rate: float = 0.1,
    max_depth: int = 3,
    threads: int | None = None,
    device: str = "cpu",
) -> BoostedTrees:
    """Fit boosted trees that predict each factor from all codes, on the first rows; score them on these and the rest.

    Stage m adds to the raw predictions F of a factor ``learning_rate`` times one regression tree, grown on the
    residuals of F at the stage's start by the best reduction of squared error:

    - two classes: F are log-odds, starting at those of the training rows; residual y - 1 / (1 + exp(-F)); a leaf's
      value is sum(r) / sum(p (1 - p)), 0 where the latter is below 1e-150. Predicts the greater label where F >= 0.
    - C > 2 classes: C trees a stage, F starting at the logarithms of the classes' shares; residual y - softmax(F);
      leaves as above, times (C - 1) / C. Predicts the largest F, the least label among equals.
    - regression: F starts at the mean; residual y - F; a leaf's value is the mean residual.

    A node is split unless at the largest depth, of variance <= 2.2e-16, or without neighbours (by a code, within the
    node) more than 1e-7 apart in float32. Thresholds lie in the middle of neighbours. Of equally good splits (equal
    within rounding) the code that is looked at first wins, then the lowest threshold; stages look at the codes that
    vary in turn, forward from the first, backward, forward from the second, backward, ..., so that copies of a code
    share its importance. scikit-learn draws the order at random; results agree but for ties, which are common in small
    nodes, where several codes part the rows in the same way. The results do not depend on threads, batch or
    instruction set.

    Args:
        codes: Numbers [B, N, D], or [N, D] for B = 1; used as float32, as scikit-learn does.
        targets: [N, K], shared by all models: whole numbers, any labels; for regression any numbers, used as float64.
        train_rows: So many first rows train, the others test; 2 to N.
        loss: ``classification`` or ``regression``.
        stages: Number of stages, 1 to 100,000.
        learning_rate: Above 0, at most 1e6.
        max_depth: 1 to 3.
        threads: Threads; None for one a core. They share out models, and within a model eight trees at a time.
        device: Name of a backend: ``cpu``, or ``reference`` (NumPy, slow).

    Returns:
        `BoostedTrees`. Test rows whose label training lacks count as errors.

    Raises:
        InputError: An argument is wrong; a factor has but one label in training; or a model would need more than
            2^31 bytes of residuals and raw predictions.

    Cost: time of order stages * N * D * T, where T are the trees of a stage over all factors, rounded up to a multiple
    of 8. Memory of a model: 16 N T + 12 N D bytes, and 72 N bytes a thread; as many models at once as threads, as long
    as their 16 N T stay within 2^31 bytes. The results take 8 B K (N + D) bytes.
    """
    given = gather(codes, targets, train_rows, loss, stages, learning_rate, max_depth)
    importances, raw = BACKENDS[choose(device, BACKENDS, name="device")](given, thread_count(threads))
    n = given.train_rows
    if loss == "regression":
        truth = given.targets[None]
        return BoostedTrees(importances, _r2(truth[..., :n], raw[..., :n]), _r2(truth[..., n:], raw[..., n:]), raw)
    hits = raw == given.targets[None]
    predictions = np.empty(raw.shape, np.int64)
    for k, labels in enumerate(given.labels):
        predictions[:, k] = labels[raw[:, k].astype(np.int64)]
    return BoostedTrees(importances, _accuracy(hits[..., :n]), _accuracy(hits[..., n:]), predictions)


def _native(given: BoostInput, threads: int) -> tuple[Array, Array]:
    return _core.boost.fit(
        given.codes,
        given.targets,
        given.classes,
        train_rows=given.train_rows,
        stages=given.stages,
        learning_rate=given.learning_rate,
        max_depth=given.max_depth,
        threads=threads,
    )


def _twin(given: BoostInput, _threads: int) -> tuple[Array, Array]:
    return reference.fit(given)


BACKENDS: dict[str, Callable[[BoostInput, int], tuple[Array, Array]]] = {"cpu": _native, "reference": _twin}


def _accuracy(hits: npt.NDArray[np.bool_]) -> Array:
    """Share of hits, [B, K, n] -> [B, K]; NaN for no rows."""
    if not hits.shape[-1]:
        return np.full(hits.shape[:-1], np.nan)
    return np.asarray(hits.mean(axis=-1))


def _r2(truth: Array, found: Array) -> Array:
    """1 - squared errors / squares about the mean; of constant truth 1 if met, else 0; NaN for fewer than two rows."""
    if truth.shape[-1] < 2:
        return np.full(found.shape[:-1], np.nan)
    error = np.square(truth - found).sum(axis=-1)
    spread = np.square(truth - truth.mean(axis=-1, keepdims=True)).sum(axis=-1)
    spread = np.broadcast_to(spread, error.shape)
    safe = np.where(spread > 0, spread, 1.0)
    return np.where(spread > 0, 1.0 - error / safe, np.where(error > 0, 0.0, 1.0))
