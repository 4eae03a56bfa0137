"""Masks of mel spectra (SpecAugment, Park et al. 2019)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from synthkit.augment.base import Augmentation

__all__ = ["FrequencyMask", "TimeMask"]


class _Mask(Augmentation):
    domain: ClassVar[Literal["waveform", "mel"]] = "mel"
    changes: ClassVar[frozenset[str]] = frozenset()
    axis: ClassVar[int]
    share: float = Field(default=0.2, ge=0, le=1)

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        del sample_rate
        size = x.shape[self.axis]
        width = torch.randint(round(self.share * size) + 1, (len(x),), device=x.device)
        start = (torch.rand(len(x), device=x.device) * (size - width + 1)).long()
        place = torch.arange(size, device=x.device)
        hidden = (place >= start[:, None]) & (place < (start + width)[:, None])
        return torch.where(hidden.unsqueeze(3 - self.axis), x.amin((1, 2), keepdim=True), x)


class FrequencyMask(_Mask):
    """Some neighbouring bands are hidden: they get the clip's smallest value. Hides, and changes no factor.

    Attributes:
        share: Most bands that are hidden, as a share of all; from none to that many, uniformly.
    """

    axis: ClassVar[int] = 1
    name: Literal["frequency_mask"] = "frequency_mask"


class TimeMask(_Mask):
    """Some neighbouring frames are hidden, in the same way.

    Attributes:
        share: Most frames that are hidden, as a share of all.
    """

    axis: ClassVar[int] = 2
    name: Literal["time_mask"] = "time_mask"
