"""Support vector machines on one code in NumPy: Newton's method over all rows, no sorting. Equal up to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.ops.linear_input import LinearInput

__all__ = ["fit"]

Floats = npt.NDArray[np.float64]


def fit(given: LinearInput, cost: float, balanced: bool) -> tuple[Any, ...]:
    """The fields of `SingleCodeSvm` after `classes`, in their order."""
    batch, rows, dims = given.codes.shape
    factors, most = len(given.labels), max(2, int(given.class_counts.max()))
    models = np.zeros((2, batch, factors, dims, most))
    accuracy = np.full((2, batch, factors, dims), np.nan)
    n = given.train_rows
    for b, k, d in np.ndindex(batch, factors, dims):
        x, labels, classes = given.codes[b, :, d], given.labels[k], len(given.classes[k])
        weights = n / (classes * np.bincount(labels[:n])) if balanced else np.ones(classes)
        for c in range(classes):
            is_in = labels[:n] == c
            rest = weights[1 - c] if classes == 2 else 1.0
            models[:, b, k, d, c] = _minimise(
                x[:n], np.where(is_in, 1.0, -1.0), cost * np.where(is_in, weights[c], rest)
            )
        w, intercept = models[:, b, k, d, :classes]
        right = (x[:, None] * w + intercept).argmax(axis=1) == labels
        accuracy[0, b, k, d] = right[:n].mean()
        if n < rows:
            accuracy[1, b, k, d] = right[n:].mean()
    return (*models, *accuracy)


def _minimise(x: Floats, t: Floats, s: Floats) -> Floats:
    """(w, b) that minimises 1/2 (w^2 + b^2) + sum s max(0, 1 - t (w x + b))^2."""
    z = np.stack([x, np.ones_like(x)], axis=1)

    def value(m: Floats) -> float:
        return float(0.5 * m @ m + s @ np.maximum(0.0, 1.0 - t * (z @ m)) ** 2)

    model = np.zeros(2)
    for _ in range(200):
        active = t * (z @ model) < 1.0
        za = z[active] * s[active, None]
        goal = np.linalg.solve(np.eye(2) + 2.0 * za.T @ z[active], 2.0 * za.T @ t[active])
        length = 1.0
        while length > 1e-9 and value(model + length * (goal - model)) > value(model):
            length /= 2.0
        moved = length * (goal - model)
        model = model + moved
        if np.abs(moved).max() <= 1e-15 * (1.0 + np.abs(model).max()):
            break
    return model
