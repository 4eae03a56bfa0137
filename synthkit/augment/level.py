"""Gain and noise."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from synthkit.augment.base import Augmentation, Range, drawn

__all__ = ["Gain", "Noise"]


class Gain(Augmentation):
    """Another level: changes the amplitude, and with it the intensity of speech.

    Attributes:
        decibels: Range of the gain, dB.
    """

    domain: ClassVar[Literal["waveform", "mel"]] = "waveform"
    changes: ClassVar[frozenset[str]] = frozenset({"amplitude", "intensity"})
    name: Literal["gain"] = "gain"
    decibels: Range = (-6.0, 6.0)

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        del sample_rate
        return x * (10 ** (drawn(self.decibels, x) / 20))[:, None]


class Noise(Augmentation):
    """White Gaussian noise, at a level relative to each clip's own; silence stays silence.

    Attributes:
        snr: Range of the ratio of the clip's power to that of the noise, dB.
    """

    domain: ClassVar[Literal["waveform", "mel"]] = "waveform"
    changes: ClassVar[frozenset[str]] = frozenset({"snr"})
    name: Literal["noise"] = "noise"
    snr: Range = (10.0, 40.0)

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        del sample_rate
        rms = x.square().mean(1, keepdim=True).sqrt()
        return x + torch.randn_like(x) * rms * (10 ** (-drawn(self.snr, x) / 20))[:, None]
