"""RAVE: a variational autoencoder of waveforms, trained in two phases."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F  # noqa: N812
from pydantic import Field
from torch import Tensor, nn

from synthkit.models.base import MAIN, Batch, Inputs, Model, ModelConfig, OptimizerChoice
from synthkit.models.gaussian import Gaussian, sample, standard_kl
from synthkit.models.rave.decoder import Decoder
from synthkit.models.rave.discriminator import (
    MultiScaleDiscriminator,
    discriminator_hinge,
    feature_matching,
    generator_hinge,
)
from synthkit.models.rave.encoder import Encoder
from synthkit.models.rave.fidelity import fit_truncation
from synthkit.models.rave.pqmf import Pqmf
from synthkit.models.rave.spectral import spectral_distance

__all__ = ["Rave", "RaveConfig"]

GENERATOR, DISCRIMINATOR = "generator", "discriminator"


class RaveConfig(ModelConfig):
    """Settings; the defaults are the paper's, at its sizes.

    Attributes:
        bands: Bands of the filter bank.
        capacity: Channels next to the bands; they double with each stage.
        latent: Size of the latent.
        ratios: Stride of each stage.
        dilations: Of the decoder's residual stacks.
        noise_frequencies: Amplitudes of the noise filters of each band.
        noise_ratios: Strides of the noise synthesiser.
        windows: Of the spectral distance, samples; of the bands those that fit.
        beta: Weight of the KL divergence.
        beta_warmup: Steps over which it grows from 0.
        phase_1_steps: Steps of the first phase; then the encoder is frozen and a discriminator joins.
        feature_weight: Weight of the feature matching in the second phase.
        scales: Discriminators, each at half the rate of the one before.
        discriminator_capacity: Channels of their first layer.
        adversarial: Optimisers of the second phase.
        fidelity: Share of the latent's variance that codes keep.
    """

    bands: int = Field(default=16, ge=2)
    capacity: int = Field(default=64, ge=1)
    latent: int = Field(default=128, ge=1)
    ratios: tuple[int, ...] = Field(default=(4, 4, 4, 2), min_length=1, strict=False)
    dilations: tuple[int, ...] = Field(default=(1, 3, 9), min_length=1, strict=False)
    noise_frequencies: int = Field(default=5, ge=2)
    noise_ratios: tuple[int, ...] = Field(default=(4, 4, 4), min_length=1, strict=False)
    windows: tuple[int, ...] = Field(default=(2048, 1024, 512, 256, 128), min_length=1, strict=False)
    beta: float = Field(default=0.1, ge=0)
    beta_warmup: int = Field(default=0, ge=0)
    phase_1_steps: int = Field(default=1_500_000, ge=0)
    feature_weight: float = Field(default=10.0, ge=0)
    scales: int = Field(default=3, ge=1)
    discriminator_capacity: int = Field(default=16, ge=1)
    adversarial: OptimizerChoice = OptimizerChoice(learning_rate=1e-4, betas=(0.5, 0.9))
    fidelity: float = Field(default=0.95, gt=0, le=1)


class Rave(Model):
    """First phase: spectral distance of audio and of bands, plus beta times the KL divergence.

    The divergence is summed over the latent's dimensions and averaged over its places in time. Second phase: the
    encoder stays as it is, its batch statistics too; the decoder minimises spectral distance, hinge loss and feature
    matching, against discriminators of the waveform.

    The code of a clip is the mean over time of the posterior means, in the directions that `conclude` has kept.
    """

    waveforms: ClassVar[bool] = True
    Config: ClassVar[type[ModelConfig]] = RaveConfig
    latent_mean: Tensor
    directions: Tensor
    rank: Tensor

    def __init__(self, config: Any, sample_rate: int) -> None:
        super().__init__()
        c = self.config = config
        self.sample_rate = sample_rate
        self.ratio = c.bands * math.prod(c.ratios)
        self.pqmf = Pqmf(c.bands)
        self.encoder = Encoder(c.bands, c.capacity, c.latent, c.ratios)
        self.decoder = Decoder(
            c.bands, c.capacity, c.latent, c.ratios, c.dilations, c.noise_frequencies, c.noise_ratios
        )
        self.discriminator = MultiScaleDiscriminator(c.scales, c.discriminator_capacity)
        self.register_buffer("latent_mean", torch.zeros(c.latent))
        self.register_buffer("directions", torch.eye(c.latent))
        self.register_buffer("rank", torch.tensor(c.latent))

    @classmethod
    def build(cls, config: Any, inputs: Inputs) -> Self:
        if len(inputs.shape) != 1:
            raise ValueError(f"features: RAVE takes waveforms, not examples of shape {inputs.shape}")
        if math.prod(config.ratios) % math.prod(config.noise_ratios):
            raise ValueError("noise_ratios: their product must divide that of ratios")
        padded = inputs.shape[0] + -inputs.shape[0] % (config.bands * math.prod(config.ratios))
        if max(config.windows) > padded:
            raise ValueError(f"windows: {max(config.windows)} samples are more than a clip has, {padded}")
        if min(config.windows) > padded // config.bands:
            raise ValueError(f"windows: none fits the bands, which have {padded // config.bands} samples")
        return cls(config, inputs.sample_rate)

    def turns(self, step: int) -> tuple[str, ...]:
        return (MAIN,) if step < self.config.phase_1_steps else (GENERATOR, DISCRIMINATOR)

    def turn_parameters(self) -> Mapping[str, list[nn.Parameter]]:
        decoder = list(self.decoder.parameters())
        return {
            MAIN: [*self.encoder.parameters(), *decoder],
            GENERATOR: decoder,
            DISCRIMINATOR: list(self.discriminator.parameters()),
        }

    def optimizers(self) -> Mapping[str, OptimizerChoice]:
        return {GENERATOR: self.config.adversarial, DISCRIMINATOR: self.config.adversarial}

    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        x = self._padded(batch["x"])
        if turn == MAIN:
            return self._representation(x, step)
        bands = self.pqmf(x)
        with torch.no_grad():
            self.encoder.eval()
            z = sample(Gaussian(*self.encoder(bands).chunk(2, dim=1)))
        if turn == DISCRIMINATOR:
            with torch.no_grad():
                made = self.pqmf.inverse(self.decoder(z))
            loss = discriminator_hinge(self.discriminator(x), self.discriminator(made))
            return {"loss": loss, "hinge": loss.detach()}
        return self._adversarial(x, bands, z)

    def _representation(self, x: Tensor, step: int) -> dict[str, Tensor]:
        bands = self.pqmf(x)
        q = self._posterior(bands)
        distance = self._distance(x, bands, self.decoder(sample(q)))
        kl = standard_kl(q).sum(1).mean()
        beta = self.config.beta * (min(step / self.config.beta_warmup, 1) if self.config.beta_warmup else 1)
        return {"loss": distance + beta * kl, "spectral_distance": distance.detach(), "kl": kl.detach()}

    def _adversarial(self, x: Tensor, bands: Tensor, z: Tensor) -> dict[str, Tensor]:
        made_bands = self.decoder(z)
        distance = self._distance(x, bands, made_bands)
        made = self.discriminator(self.pqmf.inverse(made_bands))
        with torch.no_grad():
            real = self.discriminator(x)
        hinge, features = generator_hinge(made), feature_matching(real, made)
        loss = distance + hinge + self.config.feature_weight * features
        return {
            "loss": loss,
            "spectral_distance": distance.detach(),
            "hinge": hinge.detach(),
            "feature_matching": features.detach(),
        }

    def _distance(self, x: Tensor, bands: Tensor, made_bands: Tensor) -> Tensor:
        fitting = [w for w in self.config.windows if w <= bands.shape[-1]]
        made = self.pqmf.inverse(made_bands)
        of_audio = spectral_distance(x[:, 0], made[:, 0], self.config.windows)
        return of_audio + spectral_distance(bands, made_bands, fitting)

    def _posterior(self, bands: Tensor) -> Gaussian:
        mean, log_variance = self.encoder(bands).chunk(2, dim=1)
        return Gaussian(mean, log_variance.clamp(-20, 20))

    def _padded(self, x: Tensor) -> Tensor:
        """[B, T] -> [B, 1, T'] with T' a multiple of `ratio`."""
        return F.pad(x, (0, -x.shape[-1] % self.ratio))[:, None]

    def encode(self, audio: Tensor) -> Tensor:
        """Posterior means [B, rank, L] of audio [B, 1, T], T a multiple of `ratio`, in the directions kept."""
        mean = self.encoder(self.pqmf(audio)).chunk(2, dim=1)[0]
        turned = torch.einsum("bdl,dr->brl", mean - self.latent_mean[:, None], self.directions)
        return turned[:, : int(self.rank)]

    def decode_latents(self, z: Tensor, noise: bool = True) -> Tensor:
        """Audio [B, 1, T] of latents [B, rank, L]; directions that were not kept are at their mean."""
        mean = torch.einsum("brl,dr->bdl", z, self.directions[:, : z.shape[1]]) + self.latent_mean[:, None]
        return self.pqmf.inverse(self.decoder(mean, noise))

    def codes(self, x: Tensor) -> Tensor:
        return self.encode(self._padded(x)).mean(2)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Without noise, so that it is the same every time."""
        return self.decode_latents(self.encode(self._padded(x)), noise=False)[:, 0, : x.shape[-1]]

    @torch.no_grad()
    def conclude(self, examples: Iterable[Tensor]) -> None:
        """Fit the directions of the latent, and how many keep the fidelity asked for, to training clips [n, T]."""
        self.eval()
        found = []
        for x in examples:
            mean = self.encoder(self.pqmf(self._padded(x))).chunk(2, dim=1)[0]
            found.append(mean.transpose(1, 2).flatten(0, 1))
        truncation = fit_truncation(torch.cat(found), self.config.fidelity)
        self.latent_mean.copy_(truncation.mean)
        self.directions.copy_(truncation.directions)
        self.rank.fill_(truncation.rank)
