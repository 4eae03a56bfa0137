"""The decoder: latents to bands."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from synthkit.models.rave.blocks import SLOPE, ResidualStack, upsampling
from synthkit.models.rave.noise import NoiseSynthesizer

__all__ = ["Decoder"]


class Decoder(nn.Module):
    """[B, latent, L] -> bands [B, M, L prod(ratios)] (paper, section 3.3 and appendix A).

    Upsampling and residual stacks; then three heads: a waveform (tanh), its loudness (sigmoid), and filtered noise that
    is added.

    Args:
        bands: M.
        capacity: Channels of the last stage.
        latent: Size of the latent.
        ratios: Of the encoder, in its order.
        dilations: Of the residual stacks.
        noise_frequencies: Amplitudes of the noise filters.
        noise_ratios: Strides of the noise synthesiser.
    """

    def __init__(
        self,
        bands: int,
        capacity: int,
        latent: int,
        ratios: Sequence[int],
        dilations: Sequence[int],
        noise_frequencies: int,
        noise_ratios: Sequence[int],
    ) -> None:
        super().__init__()
        channels = capacity * 2 ** len(ratios)
        layers: list[nn.Module] = [nn.Conv1d(latent, channels, 7, padding=3)]
        for ratio in reversed(ratios):
            layers += [nn.LeakyReLU(SLOPE), upsampling(channels, channels // 2, ratio)]
            channels //= 2
            layers.append(ResidualStack(channels, dilations))
        self.layers = nn.Sequential(*layers, nn.LeakyReLU(SLOPE))
        self.waveform = nn.Conv1d(channels, bands, 7, padding=3)
        self.loudness = nn.Conv1d(channels, 1, 3, padding=1)
        self.noise = NoiseSynthesizer(channels, bands, noise_frequencies, noise_ratios)

    def forward(self, z: Tensor, noise: bool = True) -> Tensor:
        """Bands of latents; with ``noise`` off, without the noise that is added."""
        x = self.layers(z)
        sound = torch.tanh(self.waveform(x)) * torch.sigmoid(self.loudness(x))
        return sound + self.noise(x) if noise else sound
