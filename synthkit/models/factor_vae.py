"""FactorVAE (Kim and Mnih 2018): total correlation by a discriminator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from pydantic import Field
from torch import Tensor, nn

from synthkit.models.base import MAIN, Batch, Inputs, ModelConfig, OptimizerChoice
from synthkit.models.gaussian import Gaussian, sample
from synthkit.models.vae import Vae, VaeConfig, kl_term

__all__ = ["FactorVae", "FactorVaeConfig", "permute_dimensions"]

DISCRIMINATOR = "discriminator"
_DEPTH = 6
_SLOPE = 0.2


class FactorVaeConfig(VaeConfig):
    """Settings.

    Attributes:
        gamma: Weight of the total correlation.
        units: Width of each of the discriminator's six layers.
        discriminator: Its optimiser; as in their appendix A by default.
        discriminator_reaches_encoder: A known defect, off by default: the discriminator's loss flows back into the
            encoder, as where the codes are not detached.
    """

    gamma: float = Field(default=6.0, ge=0)
    units: int = Field(default=1000, ge=1)
    discriminator: OptimizerChoice = OptimizerChoice(learning_rate=1e-4, betas=(0.5, 0.9))
    discriminator_reaches_encoder: bool = False


class FactorVae(Vae):
    """loss = -log p(x | z) + KL + gamma E[log D(z) - log(1 - D(z))] (their equation 2 and section 3).

    A step has two turns: the autoencoder's, then the discriminator's, which learns to tell codes from codes whose
    dimensions were shuffled over the batch, each on its own. Half of the batch gives the codes, the other half those
    that are shuffled, so that the two are independent.
    """

    Config: ClassVar[type[ModelConfig]] = FactorVaeConfig

    def __init__(self, config: Any, inputs: Inputs) -> None:
        super().__init__(config, inputs)
        layers: list[nn.Module] = []
        for width in (config.latent, *[config.units] * (_DEPTH - 1)):
            layers += [nn.Linear(width, config.units), nn.LeakyReLU(_SLOPE)]
        self.discriminator = nn.Sequential(*layers, nn.Linear(config.units, 2))

    def turns(self, step: int) -> tuple[str, ...]:
        del step
        return (MAIN, DISCRIMINATOR)

    def turn_parameters(self) -> Mapping[str, list[nn.Parameter]]:
        autoencoder = [*self.encoder.parameters(), *self.decoder.parameters()]
        return {MAIN: autoencoder, DISCRIMINATOR: list(self.discriminator.parameters())}

    def optimizers(self) -> Mapping[str, OptimizerChoice]:
        return {DISCRIMINATOR: self.config.discriminator}

    def penalty(self, q: Gaussian, z: Tensor, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        del step
        kl, correlation = kl_term(q), self.total_correlation(z)
        return kl + self.config.gamma * correlation, {"kl": kl, "total_correlation": correlation}

    def total_correlation(self, z: Tensor) -> Tensor:
        """The discriminator's estimate: mean difference of its two logits, nats."""
        logits = self.discriminator(z)
        found: Tensor = (logits[:, 0] - logits[:, 1]).mean()
        return found

    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        if turn == DISCRIMINATOR:
            with torch.no_grad():
                z = sample(self.posterior(batch["x"]))
            loss = self.discriminator_loss(z)
            return {"loss": loss, "discriminator": loss.detach()}
        q = self.posterior(batch["x"])
        z = sample(q)
        found = self.total(self.reconstruction(batch["x"], z), *self.penalty(q, z, step), len(z))
        if self.config.discriminator_reaches_encoder:
            found["loss"] = found["loss"] + self.discriminator_loss(z)
        return found

    def discriminator_loss(self, z: Tensor) -> Tensor:
        """Mean cross-entropy of telling codes (class 0) from shuffled ones (class 1), nats; z is [B, D], B >= 2."""
        half = len(z) // 2
        logits = self.discriminator(torch.cat([z[:half], permute_dimensions(z[half : 2 * half])]))
        return F.cross_entropy(logits, torch.arange(2, device=z.device).repeat_interleave(half))


def permute_dimensions(z: Tensor) -> Tensor:
    """Each dimension shuffled over the batch on its own: draws of the product of the marginals (algorithm 1)."""
    return z.gather(0, torch.rand(z.shape, device=z.device).argsort(0))
