"""Encoder and decoder for waveforms: strided 1-D convolutions and a mirror image of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from synthkit.models.mel_nets import dense

__all__ = ["WaveDecoder", "WaveEncoder"]

_STRIDE = 4
_KERNEL = 8  # twice the stride: each output sees whole steps of its neighbours


def _small(samples: int, stages: int) -> int:
    """Length after all stages."""
    unit: int = _STRIDE**stages
    return -(-samples // unit)


class WaveEncoder(nn.Module):
    """[B, T] -> [B, outputs]: convolutions of stride 4, each with a ReLU, then dense layers.

    Args:
        samples: T; padded with zeros to a multiple of 4^stages.
        channels: Of each stage.
        hidden: Widths of the dense layers before the last.
        outputs: Numbers for each example.
    """

    def __init__(self, samples: int, channels: Sequence[int], hidden: Sequence[int], outputs: int) -> None:
        super().__init__()
        length = _small(samples, len(channels))
        self._pad = (0, length * _STRIDE ** len(channels) - samples)
        stages: list[nn.Module] = []
        for width, following in zip((1, *channels[:-1]), channels, strict=True):
            stages += [nn.Conv1d(width, following, _KERNEL, _STRIDE, padding=_STRIDE // 2), nn.ReLU()]
        self.stages = nn.Sequential(*stages)
        self.dense = nn.Sequential(*dense([channels[-1] * length, *hidden, outputs]))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.dense(self.stages(F.pad(x, self._pad)[:, None]).flatten(1))
        return found


class WaveDecoder(nn.Module):
    """[B, latent] -> [B, T]: the mirror image of `WaveEncoder`."""

    def __init__(self, samples: int, channels: Sequence[int], hidden: Sequence[int], latent: int) -> None:
        super().__init__()
        self._samples = samples
        self._small = (channels[-1], _small(samples, len(channels)))
        self.dense = nn.Sequential(*dense([latent, *reversed(hidden), self._small[0] * self._small[1]]), nn.ReLU())
        stages: list[nn.Module] = []
        for width, following in zip(reversed(channels), (*reversed(channels[:-1]), 1), strict=True):
            stages += [nn.ConvTranspose1d(width, following, _KERNEL, _STRIDE, padding=_STRIDE // 2), nn.ReLU()]
        self.stages = nn.Sequential(*stages[:-1])

    def forward(self, z: Tensor) -> Tensor:
        found: Tensor = self.stages(self.dense(z).unflatten(1, self._small))[:, 0, : self._samples]
        return found
