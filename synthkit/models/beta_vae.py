"""beta-VAE (Higgins et al. 2017): a heavier KL divergence."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from synthkit.models.base import ModelConfig
from synthkit.models.gaussian import Gaussian
from synthkit.models.vae import Vae, VaeConfig, kl_term

__all__ = ["BetaVae", "BetaVaeConfig"]


class BetaVaeConfig(VaeConfig):
    """Settings.

    Attributes:
        beta: Weight of the KL divergence; 1 is the VAE.
    """

    beta: float = Field(default=4.0, ge=0)


class BetaVae(Vae):
    """loss = -log p(x | z) + beta KL(q(z | x) || N(0, 1)) (their equation 4)."""

    Config: ClassVar[type[ModelConfig]] = BetaVaeConfig

    def penalty(self, q: Gaussian, z: Tensor, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        del z, step
        kl = kl_term(q)
        return self.config.beta * kl, {"kl": kl}
