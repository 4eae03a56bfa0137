"""The noise synthesiser: white noise through filters that the decoder draws (after Engel et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from synthkit.models.rave.blocks import SLOPE

__all__ = ["NoiseSynthesizer", "filtered_noise"]

_LEVELS = 2.3025850929940455  # ln 10: the exponent of the amplitude's sigmoid
_FLOOR = 1e-7
_FIRST = -5.0  # added before the sigmoid: noise is soft at first


class NoiseSynthesizer(nn.Module):
    """[B, channels, L] -> noise [B, M, L].

    Strided convolutions give for each band and each frame the amplitude of some frequencies; noise is filtered frame by
    frame with them.

    Args:
        channels: Of the decoder's last layer.
        bands: M.
        frequencies: Amplitudes for each band and frame, at least 2.
        ratios: Strides; a frame is as long as their product.
    """

    def __init__(self, channels: int, bands: int, frequencies: int, ratios: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = [channels] * len(ratios) + [bands * frequencies]
        for (width, out), ratio in zip(pairwise(widths), ratios, strict=True):
            layers += [nn.Conv1d(width, out, 2 * ratio + 1, ratio, padding=ratio), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers[:-1])
        self._bands, self._frame = bands, 1
        for ratio in ratios:
            self._frame *= ratio

    def forward(self, x: Tensor) -> Tensor:
        found = self.layers(x)
        amplitudes = 2 * torch.sigmoid(found + _FIRST) ** _LEVELS + _FLOOR
        amplitudes = amplitudes.reshape(len(x), self._bands, -1, amplitudes.shape[-1]).transpose(
            2, 3
        )  # [B, M, frames, frequencies]
        return filtered_noise(amplitudes, self._frame)


def filtered_noise(amplitudes: Tensor, frame: int) -> Tensor:
    """Uniform noise between -1 and 1, frame by frame through filters of the given amplitudes.

    Args:
        amplitudes: [B, M, frames, frequencies], from 0 to the Nyquist frequency.
        frame: Samples in a frame.

    Returns:
        [B, M, frames * frame], from torch's default generator.
    """
    response = torch.fft.irfft(amplitudes.to(torch.complex64))
    size = response.shape[-1]
    window = torch.hann_window(size, device=amplitudes.device)
    response = torch.roll(response, size // 2, -1) * window
    response = F.pad(response, (0, max(frame - size, 0)))[..., :frame]
    response = torch.roll(response, -(min(size, frame) // 2), -1)
    noise = 2 * torch.rand(*amplitudes.shape[:-1], frame, device=amplitudes.device) - 1
    filtered: Tensor = torch.fft.irfft(torch.fft.rfft(noise) * torch.fft.rfft(response), frame)
    return filtered.flatten(2)
