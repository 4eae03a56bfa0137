"""Area under the ROC curve in NumPy, from midranks: the same whole numbers as the native kernel, so the same bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["roc_auc"]


def roc_auc(scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Scores [B, N, C], labels [N] (column or -1) -> [B, C]."""
    batch, _, classes = scores.shape
    areas = np.full((batch, classes), np.nan)
    for b in range(batch):
        for c in range(classes):
            is_in = labels == c
            n_in, n_out = int(is_in.sum()), int((~is_in).sum())
            if n_in and n_out:
                # Rank sum of the class (Mann and Whitney), all doubled so that midranks are whole.
                twice = int(_twice_midranks(scores[b, :, c])[is_in].sum()) - n_in * (n_in + 1)
                areas[b, c] = twice / (2 * n_in * n_out)
    return areas


def _twice_midranks(x: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Twice the rank from 1 of each value, equal values sharing the mean of their ranks."""
    _, group, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (2 * last - counts + 1)[group]
