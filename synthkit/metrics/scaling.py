"""Codes brought to one scale before a linear model sees them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["minmax", "zscore"]

Floats = npt.NDArray[np.float64]


def zscore(codes: Floats, rows: int) -> Floats:
    """Codes [B, N, D] minus the mean, over the standard deviation, of the first ``rows`` rows; 0 for constant ones."""
    part = codes[:, :rows]
    mean = part.mean(axis=1, keepdims=True)
    spread = part.std(axis=1, keepdims=True)
    constant = part.max(axis=1, keepdims=True) == part.min(axis=1, keepdims=True)
    return np.where(constant, 0.0, (codes - mean) / np.where(constant, 1.0, spread))


def minmax(codes: Floats) -> Floats:
    """Codes [B, N, D] moved to 0..1; constant ones become 0."""
    least, most = codes.min(axis=1, keepdims=True), codes.max(axis=1, keepdims=True)
    return (codes - least) / np.where(most > least, most - least, 1.0)
