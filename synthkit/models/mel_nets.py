"""Encoder and decoder for mel spectra: 2-D convolutions and a mirror image of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

__all__ = ["MelDecoder", "MelEncoder"]


def _padded(size: int, stages: int) -> int:
    """The next size that can be halved so many times."""
    unit = 1 << stages
    return -(-size // unit) * unit


def dense(widths: Sequence[int]) -> list[nn.Module]:
    """Linear layers with a ReLU between them, none after the last."""
    layers: list[nn.Module] = []
    for width, following in pairwise(widths):
        layers += [nn.Linear(width, following), nn.ReLU()]
    return layers[:-1]


class MelEncoder(nn.Module):
    """[B, bands, frames] -> [B, outputs]: convolutions, each with a ReLU and halving by maxima, then dense layers.

    With channels (16, 32, 64) and hidden (128, 64) it is the network of the SynTone paper.

    Args:
        shape: (bands, frames); padded with zeros to what can be halved.
        channels: Of each stage.
        hidden: Widths of the dense layers before the last.
        outputs: Numbers for each example.
    """

    def __init__(self, shape: tuple[int, int], channels: Sequence[int], hidden: Sequence[int], outputs: int) -> None:
        super().__init__()
        bands, frames = shape
        self._pad = (0, _padded(frames, len(channels)) - frames, 0, _padded(bands, len(channels)) - bands)
        stages: list[nn.Module] = []
        for width, following in zip((1, *channels[:-1]), channels, strict=True):
            stages += [nn.Conv2d(width, following, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        self.stages = nn.Sequential(*stages)
        size = channels[-1] * math.prod(_small(shape, len(channels)))
        self.dense = nn.Sequential(*dense([size, *hidden, outputs]))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.dense(self.stages(F.pad(x, self._pad)[:, None]).flatten(1))
        return found


class MelDecoder(nn.Module):
    """[B, latent] -> [B, bands, frames]: the mirror image of `MelEncoder`, with doubling in place of halving."""

    def __init__(self, shape: tuple[int, int], channels: Sequence[int], hidden: Sequence[int], latent: int) -> None:
        super().__init__()
        self._shape = shape
        self._small = (channels[-1], *_small(shape, len(channels)))
        self.dense = nn.Sequential(*dense([latent, *reversed(hidden), math.prod(self._small)]), nn.ReLU())
        stages: list[nn.Module] = []
        for width, following in zip(reversed(channels), (*reversed(channels[:-1]), 1), strict=True):
            stages += [nn.Upsample(scale_factor=2), nn.Conv2d(width, following, 3, padding=1), nn.ReLU()]
        self.stages = nn.Sequential(*stages[:-1])

    def forward(self, z: Tensor) -> Tensor:
        bands, frames = self._shape
        found: Tensor = self.stages(self.dense(z).unflatten(1, self._small))[:, 0, :bands, :frames]
        return found


def _small(shape: tuple[int, int], stages: int) -> tuple[int, int]:
    """Size of a spectrum after all halvings."""
    bands, frames = (_padded(size, stages) >> stages for size in shape)
    return bands, frames
