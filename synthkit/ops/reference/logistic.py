"""Logistic regression in NumPy: the same optimum, found with a general least-squares solver.

Equal to the native kernel up to rounding (not bit for bit): sums here are NumPy's, exponentials the C library's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.ops.linear_input import LinearInput

__all__ = ["fit"]

Floats = npt.NDArray[np.float64]


def fit(
    given: LinearInput,
    *,
    penalty: float,
    balanced: bool,
    one_vs_rest: bool,
    max_iterations: int,
    lbfgs: bool,
    tolerances: tuple[float, float],
    probabilities: bool,
) -> tuple[Any, ...]:
    """The fields of `LogisticFits` after `classes`, in their order."""
    batch, rows, dims = given.codes.shape
    factors, most = len(given.labels), max(2, int(given.class_counts.max()))
    model = np.zeros((batch, factors, most, dims + 1))
    chances = np.zeros((batch, factors, rows, most))
    losses = np.zeros((2, batch, factors))
    accuracy = np.full((2, batch, factors), np.nan)
    iterations = np.zeros((batch, factors), np.int32)
    converged = np.ones((batch, factors), np.bool_)
    train = slice(given.train_rows)
    test = slice(given.train_rows, None)
    for b in range(batch):
        x = np.concatenate([given.codes[b], np.ones((rows, 1))], axis=1)
        for k, labels in enumerate(given.labels):
            classes = len(given.classes[k])
            two = classes == 2
            jobs = [labels == 1] if two else [labels == c for c in range(classes)] if one_vs_rest else [labels]
            models = []
            for targets in jobs:
                one = _Problem(x[train], targets[train].astype(np.int64), penalty, balanced)
                models.append(
                    one.walk_like_scipy(max_iterations, *tolerances) if lbfgs else one.minimise(max_iterations)
                )
                losses[0, b, k] += one.loss(np.ones(given.train_rows)) / len(jobs)
                losses[1, b, k] += one.loss(one.s) / len(jobs)
                iterations[b, k] = max(iterations[b, k], one.iterations)
                converged[b, k] &= one.converged
            w = np.concatenate([-models[0], models[0]]) if two else np.concatenate(models)
            model[b, k, :classes] = w
            z = x @ w.T
            binary = two or one_vs_rest
            chances[b, k, :, :classes] = np.exp(-np.logaddexp(0.0, -z)) if binary else np.exp(_log_softmax(z))
            right = z.argmax(axis=1) == labels
            accuracy[0, b, k] = right[train].mean()
            if given.train_rows < rows:
                accuracy[1, b, k] = right[test].mean()
    return (
        np.ascontiguousarray(model[..., :dims]),
        np.ascontiguousarray(model[..., dims]),
        chances if probabilities else None,
        *losses,
        *accuracy,
        iterations,
        converged,
    )


class _Problem:
    """One fit. Two classes are written as softmax over the scores (0, z): the same loss."""

    def __init__(self, x: Floats, y: npt.NDArray[np.int64], penalty: float, balanced: bool) -> None:
        self.x, self.penalty = x, penalty
        counts = np.bincount(y)
        self.y = np.eye(len(counts))[y]
        self.s = (len(y) / (len(counts) * counts))[y] if balanced else np.ones(len(y))
        # Classes whose scores are free.
        self.free = slice(1, None) if len(counts) == 2 else slice(None)
        self.model = np.zeros((len(counts), x.shape[1]))
        self.iterations, self.converged = 0, False
        self.ridge = np.full(self.model[self.free].shape, penalty)
        self.ridge[:, -1] = 0.0

    def loss(self, s: Floats, model: Floats | None = None) -> float:
        """Mean loss with row weights s."""
        z = self.x @ (self.model if model is None else model).T
        return float(-(s @ (_log_softmax(z) * self.y).sum(axis=1)) / s.sum())

    def _value(self, model: Floats) -> float:
        return self.loss(self.s, model) * float(self.s.sum()) + 0.5 * float((self.ridge * model[self.free] ** 2).sum())

    def minimise(self, max_iterations: int) -> Floats:
        """Newton's method with halved steps; [free classes, D + 1]."""
        before = np.inf
        total = float(self.s.sum())
        while self.iterations < max_iterations and not self.converged and self.loss(self.s) > 1e-9:
            p = np.exp(_log_softmax(self.x @ self.model.T))[:, self.free]
            gradient = ((p - self.y[:, self.free]) * self.s[:, None]).T @ self.x + self.ridge * self.model[self.free]
            step = -np.linalg.lstsq(self._hessian(p), gradient.ravel(), rcond=1e-14)[0].reshape(gradient.shape)
            gain = -0.5 * float((gradient * step).sum()) / total
            self._walk(step, gain * total)
            self.iterations += 1
            self.converged = gain <= 1e-20 or (gain <= 1e-14 and gain > 0.25 * before)
            before = gain
        return self.model[self.free]

    def walk_like_scipy(self, max_iterations: int, gradient_tolerance: float, value_tolerance: float) -> Floats:
        """SciPy's L-BFGS-B, which the native solver follows; [free classes, D + 1]."""
        from scipy.optimize import minimize

        shape = self.model[self.free].shape

        def objective(flat: Floats) -> tuple[float, Floats]:
            model = np.zeros_like(self.model)
            model[self.free] = flat.reshape(shape)
            p = np.exp(_log_softmax(self.x @ model.T))[:, self.free]
            gradient = ((p - self.y[:, self.free]) * self.s[:, None]).T @ self.x + self.ridge * model[self.free]
            return self._value(model), gradient.ravel()

        options = {"maxiter": max_iterations, "gtol": gradient_tolerance, "ftol": value_tolerance, "maxfun": 10**9}
        found = minimize(objective, np.zeros(shape).ravel(), method="L-BFGS-B", jac=True, options=options)
        self.model[self.free] = found.x.reshape(shape)
        self.iterations, self.converged = int(found.nit), bool(found.success)
        return self.model[self.free]

    def _hessian(self, p: Floats) -> Floats:
        classes, columns = p.shape[1], self.x.shape[1]
        h = np.empty((classes, columns, classes, columns))
        for a in range(classes):
            for b in range(classes):
                weight = self.s * p[:, a] * (float(a == b) - p[:, b])
                h[a, :, b] = (self.x * weight[:, None]).T @ self.x
        flat = h.reshape(classes * columns, -1)
        return flat + np.diag(self.ridge.ravel())

    def _walk(self, step: npt.NDArray[Any], decrease: float) -> None:
        now = self._value(self.model)
        for halving in range(40):
            trial = self.model.copy()
            trial[self.free] += step / 2.0**halving
            if self._value(trial) <= now - 2e-4 * decrease / 2.0**halving + 1e-13 * abs(now):
                self.model = trial
                return


def _log_softmax(z: Floats) -> Floats:
    below = z - z.max(axis=1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=1, keepdims=True))
