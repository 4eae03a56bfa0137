"""Estimates of the density of the aggregate posterior from a minibatch (Chen et al. 2018, appendix C)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from synthkit.models.gaussian import Gaussian, log_density

__all__ = ["Decomposition", "Sampling", "decompose"]

Sampling = Literal["stratified", "weighted"]


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The three parts of the mean KL divergence between q(z | x) and the prior, nats (their equation 2).

    Attributes:
        mutual_information: KL(q(z, n) || q(z) p(n)): what the code says of the index of the example.
        total_correlation: KL(q(z) || prod_j q(z_j)).
        dimension_kl: sum_j KL(q(z_j) || p(z_j)).
    """

    mutual_information: Tensor
    total_correlation: Tensor
    dimension_kl: Tensor


def decompose(
    z: Tensor, mine: Gaussian, of_all: Gaussian, first: int, num_examples: int, by: Sampling
) -> Decomposition:
    """Estimate the parts.

    Args:
        z: Draws [b, D]; row i is a draw of row ``first + i`` of ``of_all``.
        mine: Posteriors of those rows, [b, D].
        of_all: Posteriors of the whole batch, [B, D].
        first: Position of the first row in the whole batch.
        num_examples: Examples N in the training set, at least B.
        by: ``stratified`` (unbiased density, their equation S8) or ``weighted`` (their equation S4).
    """
    given = log_density(z, mine).sum(1)
    prior = log_density(z, Gaussian(torch.zeros_like(z), torch.zeros_like(z))).sum(1)
    densities = log_density(z[:, None], Gaussian(of_all.mean[None], of_all.log_variance[None]))  # [b, B, D]
    weights = _log_weights(len(z), len(of_all.mean), first, num_examples, by).to(z)
    joint = torch.logsumexp(densities.sum(2) + weights, 1)
    product = torch.logsumexp(densities + weights[:, :, None], 1).sum(1)
    return Decomposition((given - joint).mean(), (joint - product).mean(), (product - prior).mean())


def _log_weights(rows: int, batch: int, first: int, num_examples: int, by: Sampling) -> Tensor:
    """Logarithm of the weight of each example of the batch [b, B] in the density at each row's draw."""
    if by == "weighted" or batch == 1:
        return torch.full((rows, batch), -math.log(num_examples * batch), dtype=torch.float64)
    others = batch - 1
    own = torch.arange(first, first + rows)
    weights = torch.full((rows, batch), 1 / others, dtype=torch.float64)
    # The draw's own example counts as one of N; one other stands for all that are not in the batch.
    weights[torch.arange(rows), own] = 1 / num_examples
    weights[torch.arange(rows), (own + 1) % batch] = (num_examples - others) / (num_examples * others)
    return weights.log()
