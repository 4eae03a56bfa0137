"""Batches of features for a model, of this process, on its device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synthkit.dataset.stored import full_scale
from synthkit.train.features import FeatureExtractor
from synthkit.train.order import Order
from synthkit.train.partners import Partners

__all__ = ["Batches", "MakeViews", "examples"]

Batch = dict[str, Tensor]
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
        partners = clips if self._partners is None else self._partners.batch(step, clips)
        size = len(clips) // self._parts
        return [self._part(clips[p * size : (p + 1) * size], partners[p * size : (p + 1) * size]) for p in self._mine]

    def _part(self, clips: npt.NDArray[np.int64], partners: npt.NDArray[np.int64]) -> Batch:
        if self._views is not None:
            first, second = self._views(self._raw(clips), self._raw(partners))
            return {"x": first, "partner": second}
        batch = {"x": self._extractor.of_stored(self._raw(clips))}
        if self._partners is not None:
            batch["partner"] = self._extractor.of_stored(self._raw(partners))
        return batch

    def _raw(self, clips: npt.NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(full_scale(self._stored[clips])).to(self._device, non_blocking=True)


def examples(
    stored: npt.NDArray[Any], extractor: FeatureExtractor, rows: npt.NDArray[np.int64], device: torch.device
) -> Tensor:
    """Normalised features of some clips, without augmentation: [n, ...]."""
    return extractor.of_stored(torch.from_numpy(full_scale(stored[rows])).to(device))
