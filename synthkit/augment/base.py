"""What an augmentation is: a frozen record of its settings, and what it does to a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from torch import Tensor

__all__ = ["Augmentation", "Range", "drawn"]


def _ordered(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"from {ends[0]:g} to {ends[1]:g} is no range: the first end must not be above the second")
    return ends


Range = Annotated[tuple[float, float], Field(strict=False), AfterValidator(_ordered)]


class Augmentation(BaseModel, ABC):
    """An augmentation of clips: every clip of a batch gets its own draw from torch's default generator.

    Attributes:
        name: Which one it is.
        probability: Share of the clips that are augmented; the others stay as they are.
        domain: ``waveform`` [B, T], full scale 1, or ``mel`` [B, bands, frames].
        changes: Factors whose values may be others afterwards; all others are kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    domain: ClassVar[Literal["waveform", "mel"]]
    changes: ClassVar[frozenset[str]]
    name: str
    probability: float = Field(default=1.0, ge=0, le=1)

    def __call__(self, x: Tensor, sample_rate: int) -> Tensor:
        """Augment a batch.

        Args:
            x: float32 [B, T] or [B, bands, frames].
            sample_rate: Of the waveforms, Hz.

        Returns:
            The same shape. Waveforms may exceed full scale: nothing is clipped.
        """
        if self.probability == 0:
            return x
        changed = self.apply(x, sample_rate)
        if self.probability == 1:
            return changed
        chosen = torch.rand(len(x), device=x.device) < self.probability
        return torch.where(chosen.reshape(-1, *[1] * (x.ndim - 1)), changed, x)

    @abstractmethod
    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        """Augment all clips of a batch."""


def drawn(ends: tuple[float, float], x: Tensor) -> Tensor:
    """A uniform draw for each clip, [B]."""
    return ends[0] + (ends[1] - ends[0]) * torch.rand(len(x), device=x.device)
