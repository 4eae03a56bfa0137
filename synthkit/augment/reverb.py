"""Reverberation."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor

from synthkit.augment.base import Augmentation, Range, drawn

__all__ = ["Reverb"]


class Reverb(Augmentation):
    """A room: the clip, and after it noise that dies away, as its impulse response; the level is kept.

    Changes what an envelope does at its end.

    Attributes:
        t60: Range of the time in which the tail falls by 60 dB, s.
        direct: Range of the ratio of the direct sound's energy to that of the tail, dB.
    """

    domain: ClassVar[Literal["waveform", "mel"]] = "waveform"
    changes: ClassVar[frozenset[str]] = frozenset({"decay", "release"})
    name: Literal["reverb"] = "reverb"
    t60: Range = (0.1, 0.5)
    direct: Range = (0.0, 12.0)

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        length = min(max(round(self.t60[1] * sample_rate), 2), x.shape[1])
        t60 = drawn(self.t60, x)[:, None].clamp_min(1e-3)
        time = torch.arange(length, device=x.device) / sample_rate
        tail = torch.randn(len(x), length, device=x.device) * torch.exp(-math.log(1000) * time / t60)
        tail[:, 0] = 0
        energy = tail.square().sum(1, keepdim=True).clamp_min(1e-12)
        response = tail * (10 ** (-drawn(self.direct, x)[:, None] / 10) / energy).sqrt()
        response[:, 0] = 1
        size = x.shape[1] + length
        wet = torch.fft.irfft(torch.fft.rfft(x, size) * torch.fft.rfft(response, size), size)[:, : x.shape[1]]
        before, after = (y.square().mean(1, keepdim=True).sqrt() for y in (x, wet))
        found: Tensor = wet * torch.where(after > 0, before / after.clamp_min(1e-12), 1.0)
        return found
