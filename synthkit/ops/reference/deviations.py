"""NumPy twin of `synthkit.ops.deviations`'s kernels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["distances", "variances", "within_groups"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]


def within_groups(codes: Floats, labels: Rows, levels: Rows, *, quantile: float, threads: int) -> tuple[Floats, Floats]:
    """Largest deviation [B, D]; mean over groups of the quantile of the deviation within them [B, K, D]."""
    del threads
    largest = np.abs(codes - codes.mean(axis=1, keepdims=True)).max(axis=1)
    within = np.zeros((len(codes), len(labels), codes.shape[2]))
    for k, (column, count) in enumerate(zip(labels, levels, strict=True)):
        held = [level for level in range(count) if np.any(column == level)]
        for level in held:
            group = codes[:, column == level]
            deviation = np.abs(group - group.mean(axis=1, keepdims=True))
            within[:, k] += np.quantile(deviation, quantile, axis=1)
        within[:, k] /= len(held)
    return largest, within


def variances(codes: Floats, rows: Rows, *, threads: int) -> Floats:
    """[B, P, D] of rows [P, S]."""
    del threads
    return np.array([model[rows].var(axis=1, ddof=1) for model in codes])


def distances(codes: Floats, first: Rows, second: Rows, *, threads: int) -> Floats:
    """[B, P, D] of rows [P, S] and [P, S]."""
    del threads
    return np.array([np.abs(model[first] - model[second]).mean(axis=1) for model in codes])
