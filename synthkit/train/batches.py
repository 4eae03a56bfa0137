"""Batches of features for a model, of this process, on its device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synthkit.dataset.stored import full_scale
from synthkit.models.base import Batch
from synthkit.train.features import FeatureExtractor
from synthkit.train.order import Order
from synthkit.train.partners import Partners

__all__ = ["Batches", "MakeViews", "examples", "in_order"]

_ROWS = 256
MakeViews = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class Batches:
    """What each step is given.

    Args:
        stored: Features of all clips before normalisation, or waveforms, [N, ...].
        extractor: What makes features of what is stored, on the device.
        order: Which clips are in which batch.
        device: Where batches go.
        parts: Parts of a batch, over all processes and accumulated parts.
        mine: The parts of this process.
        partners: Draws the second clip of each pair; None pairs each clip with itself where views are made.
        views: Makes both views of clips and partners; None leaves them as they are.
    """

    def __init__(
        self,
        stored: npt.NDArray[Any],
        extractor: FeatureExtractor,
        order: Order,
        device: torch.device,
        *,
        parts: int = 1,
        mine: range = range(1),
        partners: Partners | None = None,
        views: MakeViews | None = None,
    ) -> None:
        self._stored, self._extractor, self._order, self._device = stored, extractor, order, device
        self._parts, self._mine = parts, mine
        self._partners, self._views = partners, views

    def at(self, step: int) -> list[Batch]:
        """The accumulated parts of the batch of a step, in order."""
        clips = self._order.batch(step)
        partners = None if self._partners is None else self._partners.batch(step, clips)
        size = len(clips) // self._parts
        mine = [slice(p * size, (p + 1) * size) for p in self._mine]
        return [self._part(clips[part], None if partners is None else partners[part]) for part in mine]

    def _part(self, clips: npt.NDArray[np.int64], partners: npt.NDArray[np.int64] | None) -> Batch:
        first = _loaded(self._stored, clips, self._device)
        second = first if partners is None else _loaded(self._stored, partners, self._device)
        if self._views is not None:
            x, partner = self._views(first, second)
            return {"x": x, "partner": partner}
        batch = {"x": self._extractor.of_stored(first)}
        if partners is not None:
            batch["partner"] = self._extractor.of_stored(second)
        return batch


def examples(
    stored: npt.NDArray[Any], extractor: FeatureExtractor, rows: npt.NDArray[np.int64], device: torch.device
) -> Tensor:
    """Normalised features of some clips, without augmentation: [n, ...]."""
    return extractor.of_stored(_loaded(stored, rows, device))


def in_order(
    stored: npt.NDArray[Any], extractor: FeatureExtractor, device: torch.device, *, most: int | None = None
) -> Iterator[Tensor]:
    """Normalised features of all clips, or of the first ``most``, some at a time."""
    count = len(stored) if most is None else min(most, len(stored))
    for start in range(0, count, _ROWS):
        yield examples(stored, extractor, np.arange(start, min(start + _ROWS, count)), device)


def _loaded(stored: npt.NDArray[Any], rows: npt.NDArray[np.int64], device: torch.device) -> Tensor:
    return torch.from_numpy(full_scale(stored[rows])).to(device, non_blocking=True)
