"""Ada-GVAE (Locatello et al. 2020, "Weakly-supervised disentanglement without compromises")."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from synthkit.models.base import Batch, ModelConfig
from synthkit.models.gaussian import Gaussian, sample
from synthkit.models.vae import Vae, VaeConfig, kl_term

__all__ = ["AdaGvae", "AdaGvaeConfig", "shared_posteriors"]


class AdaGvaeConfig(VaeConfig):
    """Settings.

    Attributes:
        beta: Weight of the KL divergence.
    """

    beta: float = Field(default=1.0, ge=0)


class AdaGvae(Vae):
    """The beta-VAE's loss of both members of a pair, whose posteriors are one where they are alike.

    Dimensions in which the two posteriors are closer than half way between the closest and the furthest are held to be
    shared (their section 4): both get the mean of their means and of their variances (the GVAE's average). The loss is
    the mean over both members.
    """

    partners: ClassVar[bool] = True
    Config: ClassVar[type[ModelConfig]] = AdaGvaeConfig

    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        del turn, step
        x = torch.cat([batch["x"], batch["partner"]])
        both = self.posterior(x)
        q, shared = shared_posteriors(both)
        kl = kl_term(q)
        named = {"kl": kl, "shared": shared.sum(1).float().mean()}
        return self.total(self.reconstruction(x, sample(q)), self.config.beta * kl, named, len(batch["x"]))


def shared_posteriors(both: Gaussian) -> tuple[Gaussian, Tensor]:
    """Average what pairs share.

    Args:
        both: [2 B, D]; row B + i is the partner of row i.

    Returns:
        [2 B, D] after averaging; bool [B, D], which dimensions are shared.
    """
    (m1, m2), (l1, l2) = both.mean.chunk(2), both.log_variance.chunk(2)
    distance = (0.5 * (l2 - l1 - 1 + (l1 - l2).exp() + (m1 - m2).square() * (-l2).exp())).detach()
    threshold = 0.5 * (distance.amax(1, keepdim=True) + distance.amin(1, keepdim=True))
    shared = distance < threshold
    mean = 0.5 * (m1 + m2)
    log_variance = torch.logaddexp(l1, l2) - torch.log(l1.new_tensor(2.0))
    means = torch.cat([torch.where(shared, mean, m) for m in (m1, m2)])
    return Gaussian(means, torch.cat([torch.where(shared, log_variance, v) for v in (l1, l2)])), shared
