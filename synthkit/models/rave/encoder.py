"""The encoder: bands to posteriors."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from synthkit.models.batch_norm import BatchNorm
from synthkit.models.rave.blocks import SLOPE

__all__ = ["Encoder"]


class Encoder(nn.Module):
    """[B, M, L] -> [B, 2 latent, L / prod(ratios)]: means, then log-variances (paper, appendix A).

    Strided convolutions, the channels doubling, with batch normalisation and leaky ReLU between them.

    Args:
        bands: M.
        capacity: Channels after the first convolution.
        latent: Size of the latent.
        ratios: Stride of each stage.
    """

    def __init__(self, bands: int, capacity: int, latent: int, ratios: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv1d(bands, capacity, 7, padding=3)]
        channels = capacity
        for ratio in ratios:
            kernel = 2 * ratio + 1
            layers += [BatchNorm(channels), nn.LeakyReLU(SLOPE)]
            layers.append(nn.Conv1d(channels, 2 * channels, kernel, ratio, padding=kernel // 2))
            channels *= 2
        layers += [nn.LeakyReLU(SLOPE), nn.Conv1d(channels, 2 * latent, 3, padding=1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, bands: Tensor) -> Tensor:
        found: Tensor = self.layers(bands)
        return found
