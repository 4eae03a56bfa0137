"""The variational autoencoder (Kingma and Welling 2014), on which the other members of the family build."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from synthkit.models.autoencoder import Autoencoder, AutoencoderConfig
from synthkit.models.base import Batch, ModelConfig
from synthkit.models.gaussian import Gaussian, sample, standard_kl

__all__ = ["Vae", "VaeConfig", "kl_term"]


class VaeConfig(AutoencoderConfig):
    """Settings of all variational autoencoders.

    Attributes:
        penalty_over_batch: A known defect, off by default: what is added to the reconstruction is divided by the number
            of examples in the batch, as where the reconstruction is summed over the batch and the KL divergence is
            averaged. The effective weight is then beta / batch size.
    """

    penalty_over_batch: bool = False


class Vae(Autoencoder):
    """loss = -log p(x | z) + KL(q(z | x) || N(0, 1)), nats an example: the negative of the evidence lower bound.

    Members of the family say in `penalty` what they add to the reconstruction in place of the KL divergence.
    """

    Config: ClassVar[type[ModelConfig]] = VaeConfig
    outputs_of_code: ClassVar[int] = 2

    def posterior(self, x: Tensor) -> Gaussian:
        """q(z | x), [B, D]."""
        return Gaussian.of(self.encoder(x))

    def penalty(self, q: Gaussian, z: Tensor, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """What is added to the reconstruction, and named terms for the log.

        Args:
            q: Posteriors of the batch, [B, D].
            z: A draw of each, [B, D].
            step: Steps done so far.
        """
        del z, step
        kl = kl_term(q)
        return kl, {"kl": kl}

    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        del turn
        q = self.posterior(batch["x"])
        z = sample(q)
        return self.total(self.reconstruction(batch["x"], z), *self.penalty(q, z, step), len(z))

    def total(self, reconstruction: Tensor, penalty: Tensor, named: dict[str, Tensor], rows: int) -> dict[str, Tensor]:
        """The terms of a batch: their sum, and each."""
        loss = reconstruction + (penalty / rows if self.config.penalty_over_batch else penalty)
        return {"loss": loss, "reconstruction": reconstruction.detach()} | {k: v.detach() for k, v in named.items()}


def kl_term(q: Gaussian) -> Tensor:
    """KL(q || N(0, 1)) summed over the code, averaged over the batch, nats."""
    return standard_kl(q).sum(1).mean()
