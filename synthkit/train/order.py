"""Which clips are in which batch: a function of seed and step, so that nothing has to be remembered to go on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.seeds import Permutation, derive_key

__all__ = ["Order"]


class Order:
    """Passes over the clips, each in an order of its own; a batch may begin in one pass and end in the next.

    Args:
        num_clips: Clips N.
        batch_size: Clips in a batch.
        seed: Of the experiment.
        name: Of the experiment.
    """

    def __init__(self, num_clips: int, batch_size: int, seed: int, name: str) -> None:
        self._clips, self._batch, self._seed, self._name = num_clips, batch_size, seed, name
        self._passes: dict[int, npt.NDArray[np.int64]] = {}

    def batch(self, step: int) -> npt.NDArray[np.int64]:
        """Clips of the batch of a step, counted from 0: int64 [batch_size]."""
        place = np.arange(step * self._batch, (step + 1) * self._batch)
        first, last = int(place[0]) // self._clips, int(place[-1]) // self._clips
        self._passes = {number: self._pass(number) for number in range(first, last + 1)}
        return np.concatenate(
            [self._passes[n][place[place // self._clips == n] % self._clips] for n in range(first, last + 1)]
        )

    def _pass(self, number: int) -> npt.NDArray[np.int64]:
        if number in self._passes:
            return self._passes[number]
        key = derive_key(self._seed, self._name, f"train-order-{number}")
        return Permutation(key, self._clips)(np.arange(self._clips))
