"""DIP-VAE I and II (Kumar, Sattigeri and Balakrishnan 2018): a covariance of codes that is the identity."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from synthkit.models.base import ModelConfig
from synthkit.models.distributed import gather
from synthkit.models.gaussian import Gaussian
from synthkit.models.vae import Vae, VaeConfig, kl_term

__all__ = ["DipVae1", "DipVae1Config", "DipVae2", "DipVae2Config", "covariance"]


class DipVae1Config(VaeConfig):
    """Settings; the defaults are those of the large study of Locatello et al. 2019, where a range is given, its middle.

    Attributes:
        off_diagonal: Weight of the squared covariances.
        diagonal: Weight of the squared distances of the variances from 1.
    """

    off_diagonal: float = Field(default=10.0, ge=0)
    diagonal: float = Field(default=100.0, ge=0)


class DipVae2Config(VaeConfig):
    """Settings, as of `DipVae1Config`."""

    off_diagonal: float = Field(default=10.0, ge=0)
    diagonal: float = Field(default=10.0, ge=0)


class DipVae1(Vae):
    """loss = -log p(x | z) + KL + off_diagonal sum_{i != j} C_ij^2 + diagonal sum_i (C_ii - 1)^2 (their equation 6).

    C is the covariance of the posterior means, over the batches of all processes.
    """

    Config: ClassVar[type[ModelConfig]] = DipVae1Config

    def penalty(self, q: Gaussian, z: Tensor, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        del z, step
        kl, distance = kl_term(q), self.distance(self.code_covariance(q))
        return kl + distance, {"kl": kl, "covariance": distance}

    def code_covariance(self, q: Gaussian) -> Tensor:
        """The covariance that is driven to the identity, [D, D]."""
        return covariance(gather(q.mean))

    def distance(self, of: Tensor) -> Tensor:
        """Weighted squared distance of a covariance [D, D] from the identity."""
        diagonal = of.diagonal()
        off = of.square().sum() - diagonal.square().sum()
        found: Tensor = self.config.off_diagonal * off + self.config.diagonal * (diagonal - 1).square().sum()
        return found


class DipVae2(DipVae1):
    """The same with the covariance of the draws, C + E[diag(variance)] (their equation 7)."""

    Config: ClassVar[type[ModelConfig]] = DipVae2Config

    def code_covariance(self, q: Gaussian) -> Tensor:
        return covariance(gather(q.mean)) + torch.diag(gather(q.log_variance).exp().mean(0))


def covariance(x: Tensor) -> Tensor:
    """Covariance over the rows of [B, D], divided by B: [D, D]."""
    centred = x - x.mean(0)
    return centred.T @ centred / len(x)
