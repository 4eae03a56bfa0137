"""Shifts in time."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from synthkit.augment.base import Augmentation

__all__ = ["TimeShift"]


class TimeShift(Augmentation):
    """The clip earlier or later; changes the phase, and what an envelope does where.

    Attributes:
        share: Furthest shift, as a share of the clip.
        circular: What leaves at one end comes back at the other; else zeros come in.
    """

    domain: ClassVar[Literal["waveform", "mel"]] = "waveform"
    changes: ClassVar[frozenset[str]] = frozenset({"phase", "attack", "decay", "sustain", "release"})
    name: Literal["time_shift"] = "time_shift"
    share: float = Field(default=0.2, ge=0, le=1)
    circular: bool = False

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        del sample_rate
        length = x.shape[1]
        most = round(self.share * length)
        shift = torch.randint(-most, most + 1, (len(x), 1), device=x.device)
        source = torch.arange(length, device=x.device) - shift
        moved = x.gather(1, source % length)
        return moved if self.circular else moved * ((source >= 0) & (source < length))
