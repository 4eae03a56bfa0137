"""The size of the latent that matters: truncation by fidelity (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Truncation", "fit_truncation"]


@dataclass(frozen=True, slots=True)
class Truncation:
    """Principal directions of latents.

    Attributes:
        mean: Of the latents, [D].
        directions: Orthonormal columns, the most important first, [D, D].
        rank: Directions that are kept.
    """

    mean: Tensor
    directions: Tensor
    rank: int


def fit_truncation(latents: Tensor, fidelity: float) -> Truncation:
    """Directions of latents, and how many of them keep a share of their variance.

    Args:
        latents: Posterior means at many places, [n, D].
        fidelity: Share of the variance, 0 to 1: the smallest rank whose squared singular values add up to it.
    """
    wide = latents.double()
    mean = wide.mean(0)
    _, values, directions = torch.linalg.svd(wide - mean, full_matrices=True)
    share = torch.zeros(wide.shape[1], dtype=torch.float64)
    share[: len(values)] = values.square().cpu()
    share = share.cumsum(0) / share.sum().clamp_min(1e-30)
    rank = int((share < fidelity - 1e-12).sum()) + 1
    return Truncation(mean.to(latents), directions.T.to(latents), min(rank, wide.shape[1]))
