"""beta-TCVAE (Chen et al. 2018): the KL divergence in three parts, each with a weight of its own."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from synthkit.models.base import ModelConfig
from synthkit.models.distributed import gather, rank
from synthkit.models.gaussian import Gaussian
from synthkit.models.total_correlation import Sampling, decompose
from synthkit.models.vae import Vae, VaeConfig, kl_term

__all__ = ["BetaTcVae", "BetaTcVaeConfig"]


class BetaTcVaeConfig(VaeConfig):
    """Settings.

    Attributes:
        alpha: Weight of the mutual information between code and example.
        beta: Weight of the total correlation.
        gamma: Weight of the KL divergences of the single dimensions.
        sampling: How the aggregate posterior is estimated: ``stratified`` or ``weighted``.
    """

    alpha: float = Field(default=1.0, ge=0)
    beta: float = Field(default=4.0, ge=0)
    gamma: float = Field(default=1.0, ge=0)
    sampling: Sampling = "stratified"


class BetaTcVae(Vae):
    """loss = -log p(x | z) + alpha MI + beta TC + gamma sum_j KL_j (their equation 4).

    The estimates are over the batches of all processes.
    """

    Config: ClassVar[type[ModelConfig]] = BetaTcVaeConfig

    def penalty(self, q: Gaussian, z: Tensor, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        del step
        c = self.config
        of_all = Gaussian(gather(q.mean), gather(q.log_variance))
        parts = decompose(z, q, of_all, rank() * len(z), max(self.inputs.num_examples, len(of_all.mean)), c.sampling)
        penalty = c.alpha * parts.mutual_information + c.beta * parts.total_correlation + c.gamma * parts.dimension_kl
        return penalty, {
            "kl": kl_term(q),
            "mutual_information": parts.mutual_information,
            "total_correlation": parts.total_correlation,
            "dimension_kl": parts.dimension_kl,
        }
