"""Gradient-boosted trees in NumPy: node after node, each with its own sorted rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.ops.boost_input import BoostInput
from synthkit.ops.reference.elementary import exp2, log2

__all__ = ["fit"]

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
F = np.float32
_LOG2_E, _LN2 = 1.4426950408889634, 0.6931471805599453


def fit(given: BoostInput) -> tuple[Array, Array]:
    """Importances float64 [B, K, D] and predictions [B, K, N] (ranks of labels, or values) of all models."""
    batch, rows, features = given.codes.shape
    importances = np.zeros((batch, len(given.targets), features))
    predictions = np.empty((batch, len(given.targets), rows))
    for b, codes in enumerate(given.codes):
        for k, target in enumerate(given.targets):
            importances[b, k], predictions[b, k] = _fit_one(codes, target, int(given.classes[k]), given)
    return importances, predictions


def _fit_one(codes: npt.NDArray[np.float32], target: Array, classes: int, given: BoostInput) -> tuple[Array, Array]:
    n = given.train_rows
    raw = np.tile(_start(target[:n], classes), (len(target), 1))  # [N, trees of a stage]
    gains = np.zeros((raw.shape[1], codes.shape[1]))
    varying = np.flatnonzero(codes[:n].max(axis=0) > codes[:n].min(axis=0) + F(1e-7)).tolist()
    for stage in range(given.stages):
        turn = [varying[v] for v in _turn(stage, len(varying))]
        residuals = _residuals(raw[:n], target[:n], classes)
        for c, residual in enumerate(residuals.T):
            leaves = _grow(codes, residual, given.max_depth, gains[c], turn)
            for mask, mean, own in leaves:
                raw[mask, c] += given.learning_rate * _leaf_value(residual[own], mean, classes)
    total = _sum(gains)
    normaliser = float(_sum(total[:, None])[0])
    importances = total / normaliser if normaliser > 0 else np.zeros_like(total)
    if classes == 0:
        return importances, raw[:, 0]
    if classes == 2:
        return importances, (raw[:, 0] >= 0).astype(np.float64)
    return importances, raw.argmax(axis=1).astype(np.float64)


def _turn(stage: int, features: int) -> list[int]:
    """The order in which a stage looks at the features: of equally good ones the first wins."""
    start = stage // 2 % max(features, 1)
    order = [*range(start, features), *range(start)]
    return order if stage % 2 == 0 else order[::-1]


def _sum(values: Array) -> Array:
    """Sum over the first axis, one after the other, unlike np.sum."""
    return np.cumsum(values, axis=0)[-1]


def _start(target: Array, classes: int) -> Array:
    n = len(target)
    if classes == 0:
        return _sum(target[:, None]) / n
    counts = np.bincount(target.astype(np.intp), minlength=classes).astype(np.float64)
    if classes == 2:
        return log2(counts[1:] / counts[:1]) * _LN2
    return log2(counts / n) * _LN2


def _exp(x: Array) -> Array:
    return exp2(np.maximum(x * _LOG2_E, -1020.0))


def _residuals(raw: Array, target: Array, classes: int) -> Array:
    if classes == 0:
        return target[:, None] - raw
    if classes == 2:
        term = _exp(-np.abs(raw))
        return target[:, None] - np.where(raw >= 0, 1.0, term) / (1.0 + term)
    terms = _exp(raw - raw.max(axis=1, keepdims=True))
    probability = terms / np.cumsum(terms, axis=1)[:, -1:]
    return (target[:, None] == np.arange(classes)) - probability


def _grow(
    codes: npt.NDArray[np.float32], residual: Array, depth: int, gains: Array, turn: list[int]
) -> list[tuple[npt.NDArray[np.bool_], float, Rows]]:
    """One tree, level by level: for each leaf its mask over all rows, its mean residual and its training rows."""
    n = len(residual)
    nodes = [(np.ones(len(codes), np.bool_), float(_sum(residual[:, None])[0]) / n)]
    for _ in range(depth):
        children = []
        for mask, mean in nodes:
            own = np.flatnonzero(mask[:n])
            split = _best_split(codes, residual, mean, own, turn)
            if split is None:
                children.append((mask, mean))
                continue
            feature, threshold, gain, count, left_sum = split
            gains[feature] += gain * len(own) / n
            left = codes[:, feature].astype(np.float64) <= threshold
            children.append((mask & left, mean + left_sum / count))
            children.append((mask & ~left, mean - left_sum / (len(own) - count)))
        nodes = children
    return [(mask, mean, np.flatnonzero(mask[:n])) for mask, mean in nodes]


def _best_split(
    codes: npt.NDArray[np.float32], residual: Array, mean: float, own: Rows, turn: list[int]
) -> tuple[int, float, float, int, float] | None:
    """Feature, threshold, gain per row, left count and left sum of centred residuals; None for a leaf."""
    centred = residual[own] - mean
    size = len(own)
    if not _sum(np.square(centred)[:, None])[0] > np.finfo(np.float64).eps * size:
        return None
    best, found = -1.0, None
    for feature in turn:
        x = codes[own, feature]
        order = np.argsort(x, kind="stable")
        x = x[order]
        sums = np.cumsum(centred[order])[:-1]
        counts = np.arange(1, size, dtype=np.float64)
        squares, weights = sums * sums, counts * (size - counts)
        apart = x[1:] > x[:-1] + F(1e-7)
        at = -1
        # From one record to the next, as rounding may order equal gains otherwise than a maximum would.
        while len(wins := np.flatnonzero(apart[at + 1 :] & (squares[at + 1 :] > best * weights[at + 1 :]))):
            at += 1 + int(wins[0])
            gain = squares[at] / weights[at]
            best = float(gain + gain * 2.0**-51)
            threshold = float(x[at]) / 2.0 + float(x[at + 1]) / 2.0
            found = (feature, threshold, best, at + 1, float(sums[at]))
    return found


def _leaf_value(residual: Array, mean: float, classes: int) -> float:
    if classes == 0:
        return mean
    p = (residual > 0) - residual
    curvature = float(_sum((p * (1.0 - p))[:, None])[0])
    scale = (classes - 1.0) / classes if classes > 2 else 1.0
    return 0.0 if curvature < 1e-150 else mean * len(residual) * scale / curvature
