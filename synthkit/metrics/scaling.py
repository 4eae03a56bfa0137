"""Codes brought to one scale before a linear model sees them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["LEAST_RANGE", "minmax", "zscore"]

# A code that varies by no more is taken for constant: its variance would be rounded to 0.
LEAST_RANGE = 1e-100

Floats = npt.NDArray[np.float64]


def zscore(codes: Floats, rows: int) -> Floats:
    """Codes [B, N, D] minus the mean, over the standard deviation, of the first ``rows`` rows; 0 for constant ones."""
    part = codes[:, :rows]
    mean = part.mean(axis=1, keepdims=True)
    spread = part.std(axis=1, keepdims=True)
    constant = np.ptp(part, axis=1, keepdims=True) <= LEAST_RANGE
    return np.where(constant, 0.0, (codes - mean) / np.where(constant, 1.0, spread))


def minmax(codes: Floats) -> Floats:
    """Codes [B, N, D] moved to 0..1; constant ones become 0."""
    span = np.ptp(codes, axis=1, keepdims=True)
    varies = span > LEAST_RANGE
    return np.where(varies, codes - codes.min(axis=1, keepdims=True), 0.0) / np.where(varies, span, 1.0)
