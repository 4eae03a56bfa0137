"""The common ground of autoencoders: a network for the shape of the input, reconstruction, decoding."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import Field
from torch import Tensor, nn

from synthkit.models.base import Inputs, Model, ModelConfig
from synthkit.models.mel_nets import MelDecoder, MelEncoder
from synthkit.models.wave_nets import WaveDecoder, WaveEncoder

__all__ = ["Autoencoder", "AutoencoderConfig", "squared_error"]


class AutoencoderConfig(ModelConfig):
    """Settings of all autoencoders.

    Attributes:
        latent: Size D of the code.
        channels: Of each convolution; a mel spectrum is halved by each, a waveform cut to a quarter.
        hidden: Widths of the dense layers between the convolutions and the code.
        noise: Standard deviation of the Gaussian likelihood, in units of the features: the squared error is divided
            by twice its square. Smaller values weigh reconstruction more, against what the model adds to it.
    """

    latent: int = Field(default=8, ge=1)
    channels: tuple[int, ...] = Field(default=(16, 32, 64), min_length=1, strict=False)
    hidden: tuple[int, ...] = Field(default=(128, 64), strict=False)
    noise: float = Field(default=1.0, gt=0)


class Autoencoder(Model):
    """Encoder and decoder for mel spectra [B, bands, frames] or waveforms [B, T], by the shape of the inputs."""

    Config: ClassVar[type[ModelConfig]] = AutoencoderConfig
    outputs_of_code: ClassVar[int] = 1  # numbers that the encoder gives for each number of the code

    def __init__(self, config: Any, inputs: Inputs) -> None:
        super().__init__()
        self.config = config
        self.inputs = inputs
        self.encoder, self.decoder = _networks(config, inputs, self.outputs_of_code * config.latent)

    @classmethod
    def build(cls, config: Any, inputs: Inputs) -> Self:
        return cls(config, inputs)

    def reconstruction(self, x: Tensor, z: Tensor) -> Tensor:
        """-log p(x | z) without its constant, nats: squared error summed over an example, mean over the batch."""
        scale: float = 2 * self.config.noise**2
        return squared_error(self.decoder(z), x) / scale

    def codes(self, x: Tensor) -> Tensor:
        found: Tensor = self.encoder(x)[:, : self.config.latent]
        return found

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.codes(x))

    def decode(self, z: Tensor) -> Tensor:
        found: Tensor = self.decoder(z)
        return found


def squared_error(a: Tensor, b: Tensor) -> Tensor:
    """Squared differences summed over each example, averaged over the batch."""
    return (a - b).square().flatten(1).sum(1).mean()


def _networks(config: AutoencoderConfig, inputs: Inputs, outputs: int) -> tuple[nn.Module, nn.Module]:
    kept = (config.channels, config.hidden)
    if len(inputs.shape) == 1:
        return WaveEncoder(inputs.shape[0], *kept, outputs), WaveDecoder(inputs.shape[0], *kept, config.latent)
    if len(inputs.shape) == 2:
        bands, frames = inputs.shape
        return MelEncoder((bands, frames), *kept, outputs), MelDecoder((bands, frames), *kept, config.latent)
    raise ValueError(f"features: an autoencoder takes mel spectra or waveforms, not examples of shape {inputs.shape}")
