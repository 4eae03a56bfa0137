"""Diagonal Gaussians: what a variational encoder gives for each example."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Gaussian", "log_density", "sample", "standard_kl"]

_MOST = 20.0  # of a log-variance: beyond it exp() overflows float32 long before it means anything
_LOG_2_PI = math.log(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Independent normal distributions.

    Attributes:
        mean: [..., D].
        log_variance: [..., D], between -20 and 20.
    """

    mean: Tensor
    log_variance: Tensor

    @classmethod
    def of(cls, numbers: Tensor) -> Gaussian:
        """Of an encoder's output [B, 2 D]: the means, then the log-variances."""
        mean, log_variance = numbers.chunk(2, dim=-1)
        return cls(mean, log_variance.clamp(-_MOST, _MOST))


def sample(q: Gaussian) -> Tensor:
    """One draw of each, through which gradients flow (Kingma and Welling 2014, section 2.4)."""
    return q.mean + torch.exp(0.5 * q.log_variance) * torch.randn_like(q.mean)


def standard_kl(q: Gaussian) -> Tensor:
    """KL(q || N(0, 1)) of each dimension, nats, [..., D]: (mean^2 + variance - 1 - log variance) / 2."""
    return 0.5 * (q.mean.square() + q.log_variance.exp() - 1 - q.log_variance)


def log_density(z: Tensor, q: Gaussian) -> Tensor:
    """Logarithm of the density at z, of each dimension; shapes broadcast."""
    return -0.5 * (_LOG_2_PI + q.log_variance + (z - q.mean).square() * torch.exp(-q.log_variance))
