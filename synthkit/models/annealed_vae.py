"""AnnealedVAE (Burgess et al. 2018, "Understanding disentangling in beta-VAE"): a capacity that grows."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from synthkit.models.base import ModelConfig
from synthkit.models.gaussian import Gaussian
from synthkit.models.vae import Vae, VaeConfig, kl_term

__all__ = ["AnnealedVae", "AnnealedVaeConfig"]


class AnnealedVaeConfig(VaeConfig):
    """Settings.

    Attributes:
        gamma: Weight of the distance between KL divergence and capacity.
        capacity: What the capacity grows to, nats.
        capacity_steps: Steps over which it grows from 0, linearly.
    """

    gamma: float = Field(default=100.0, ge=0)
    capacity: float = Field(default=25.0, ge=0)
    capacity_steps: int = Field(default=100_000, ge=1)


class AnnealedVae(Vae):
    """loss = -log p(x | z) + gamma |KL(q(z | x) || N(0, 1)) - C|, C from 0 to `capacity` (their equation 8)."""

    Config: ClassVar[type[ModelConfig]] = AnnealedVaeConfig

    def penalty(self, q: Gaussian, z: Tensor, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        del z
        c = self.config
        capacity = c.capacity * min(step / c.capacity_steps, 1.0)
        kl = kl_term(q)
        return c.gamma * (kl - capacity).abs(), {"kl": kl, "capacity": kl.new_tensor(capacity)}
