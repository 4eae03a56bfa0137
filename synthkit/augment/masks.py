"""Masks of mel spectra (SpecAugment, Park et al. 2019)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from synthkit.augment.base import Augmentation

__all__ = ["FrequencyMask", "TimeMask"]


class FrequencyMask(Augmentation):
    """Some neighbouring bands are hidden: they get the clip's smallest value. Hides, and changes no factor.

    Attributes:
        share: Most bands that are hidden, as a share of all; from none to that many, uniformly.
    """

    domain: ClassVar[Literal["waveform", "mel"]] = "mel"
    changes: ClassVar[frozenset[str]] = frozenset()
    name: Literal["frequency_mask"] = "frequency_mask"
    share: float = Field(default=0.2, ge=0, le=1)

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        del sample_rate
        return _masked(x, 1, self.share)


class TimeMask(Augmentation):
    """Some neighbouring frames are hidden, in the same way.

    Attributes:
        share: Most frames that are hidden, as a share of all.
    """

    domain: ClassVar[Literal["waveform", "mel"]] = "mel"
    changes: ClassVar[frozenset[str]] = frozenset()
    name: Literal["time_mask"] = "time_mask"
    share: float = Field(default=0.2, ge=0, le=1)

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        del sample_rate
        return _masked(x, 2, self.share)


def _masked(x: Tensor, axis: int, share: float) -> Tensor:
    size = x.shape[axis]
    width = torch.randint(round(share * size) + 1, (len(x),), device=x.device)
    start = (torch.rand(len(x), device=x.device) * (size - width + 1)).long()
    place = torch.arange(size, device=x.device)
    hidden = (place >= start[:, None]) & (place < (start + width)[:, None])
    return torch.where(hidden.unsqueeze(3 - axis), x.amin((1, 2), keepdim=True), x)
