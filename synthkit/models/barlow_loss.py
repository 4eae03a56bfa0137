"""The loss of Barlow Twins (Zbontar et al. 2021, equations 1 and 2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from synthkit.models.distributed import all_mean, gather

__all__ = ["BarlowTerms", "barlow_terms", "cross_correlation"]

_LEAST = 1e-5  # of a variance that divides: a dimension that does not vary correlates with nothing


@dataclass(frozen=True, slots=True)
class BarlowTerms:
    """Both terms without weights.

    Attributes:
        invariance: sum_i (1 - C_ii)^2.
        redundancy: sum_{i != j} C_ij^2.
    """

    invariance: Tensor
    redundancy: Tensor


def barlow_terms(first: Tensor, second: Tensor, *, normalize_latents: bool = False) -> BarlowTerms:
    """Terms of the embeddings of two views, over the batches of all processes.

    Args:
        first: Embeddings of one view, [B, D].
        second: Of the other.
        normalize_latents: Scale each embedding to length 1 first (Modified Barlow Twins, Brima et al. 2023, whose
            abstract speaks of normalised latents and scale invariance; this reading of it is ours).
    """
    if normalize_latents:
        first, second = F.normalize(first, dim=1), F.normalize(second, dim=1)
    c = cross_correlation(first, second)
    diagonal = c.diagonal()
    return BarlowTerms((1 - diagonal).square().sum(), c.square().sum() - diagonal.square().sum())


def cross_correlation(first: Tensor, second: Tensor) -> Tensor:
    """Correlation over the batch of each dimension of one view with each of the other, [D, D]."""
    a, b = _standardised(first), _standardised(second)
    return all_mean(a.T @ b / len(a))


def _standardised(x: Tensor) -> Tensor:
    """Mean 0 and variance 1 over the batches of all processes."""
    everything = gather(x)
    mean = everything.mean(0)
    variance = (everything - mean).square().mean(0)
    # Relative to the size of the numbers, so that scaling the embeddings changes nothing.
    least = _LEAST * everything.detach().square().mean().clamp_min(1e-30)
    return (x - mean) / (variance + least).sqrt()
