"""Clips to train on and to score: of a dataset directory, of a recipe, or of a folder of audio files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from synthkit.dataset import AudioDataset, Generated, load
from synthkit.errors import InputError
from synthkit.recipe.load import load_recipe
from synthkit.records import FactorInfo
from synthkit.shards.manifest import MANIFEST
from synthkit.train.experiment import DataChoice
from synthkit.train.folder_clips import FolderClips

__all__ = ["Clips", "open_clips"]

_CHUNK_BYTES = 16 * 2**20


class Clips(Protocol):
    """Clips of one split, in order.

    Attributes:
        source: What they are, for messages.
        identity: Tells these clips from all others, whatever directory they are in.
        num_samples: Samples in a clip.
        sample_rate: Samples per second, Hz.
        dtype: Of the samples: int16, or float32 with full scale at 1.
        factors: What is known of each clip; empty for audio files.
    """

    source: str
    identity: str
    num_samples: int
    sample_rate: int
    dtype: np.dtype[Any]
    factors: tuple[FactorInfo, ...]

    def __len__(self) -> int:
        """Number of clips."""

    def ids(self) -> list[str]:
        """Name of each clip."""

    def values(self, name: str) -> npt.NDArray[Any]:
        """Values of a factor, [N]."""

    def levels(self) -> npt.NDArray[np.int64]:
        """Level of each factor, [N, K]; -1 where a factor has none."""

    def chunks(self) -> Iterator[npt.NDArray[Any]]:
        """All clips in order, some at a time: [n, T] each."""


def open_clips(choice: DataChoice, data: Path | None, split: str, limit: int | None) -> Clips:
    """The clips of a split.

    Args:
        choice: Which recipe where there is no directory.
        data: A dataset directory, or a folder of audio files; None to make the clips on the fly.
        split: Name of the split.
        limit: Most clips, the first; None for all.

    Raises:
        InputError: No such data or split, or an empty one.
        WorkError: Damaged data.
    """
    found: Clips
    if data is None:
        if choice.recipe is None:
            raise InputError("data.recipe: the experiment names no recipe; give a dataset by --data")
        recipe = load_recipe(choice.recipe, list(choice.set.items()))
        found = _GeneratedClips(Generated(recipe, split), limit)
    elif (data / MANIFEST).is_file() or not data.is_dir():
        dataset = load(data, split)
        if not isinstance(dataset, AudioDataset):
            raise InputError(f"{data}: holds texts; the models of this experiment take clips")
        found = _StoredClips(dataset if limit is None else dataset[:limit], data, split)
    else:
        found = FolderClips(data, split, choice, limit)
    if len(found) == 0:
        raise InputError(f"{found.source}: split {split!r} is empty")
    return found


class _StoredClips:
    """Of a dataset directory."""

    def __init__(self, dataset: AudioDataset, root: Path, split: str) -> None:
        self._dataset = dataset
        self.source = str(root)
        self.identity = f"{dataset.fingerprint} {split} {len(dataset)}"
        self.num_samples, self.sample_rate = dataset.layout.num_samples, dataset.layout.sample_rate
        self.dtype = dataset.layout.dtype
        self.factors = dataset.factors

    def __len__(self) -> int:
        return len(self._dataset)

    def ids(self) -> list[str]:
        return self._dataset.ids()

    def values(self, name: str) -> npt.NDArray[Any]:
        return self._dataset.factor_values(name)

    def levels(self) -> npt.NDArray[np.int64]:
        return self._dataset.factor_levels()

    def chunks(self) -> Iterator[npt.NDArray[Any]]:
        yield from self._dataset.sample_chunks(_rows(self.num_samples))


class _GeneratedClips:
    """Of a recipe, made when they are asked for."""

    def __init__(self, generated: Generated, limit: int | None) -> None:
        self._generated = generated
        self._count = len(generated) if limit is None else min(limit, len(generated))
        self._rows = generated.rows(np.arange(self._count))
        self.source = f"recipe {generated.recipe.name}"
        self.identity = f"{generated.recipe.canonical_json()} {self._rows.split} {self._count}"
        self.num_samples, self.sample_rate = generated.layout.num_samples, generated.layout.sample_rate
        self.dtype = generated.layout.dtype
        self.factors = generated.factors

    def __len__(self) -> int:
        return self._count

    def ids(self) -> list[str]:
        return self._rows.ids

    def values(self, name: str) -> npt.NDArray[Any]:
        return np.asarray(self._rows.values[name])

    def levels(self) -> npt.NDArray[np.int64]:
        return self._rows.indices

    def chunks(self) -> Iterator[npt.NDArray[Any]]:
        step = _rows(self.num_samples)
        for start in range(0, self._count, step):
            yield self._generated.made(np.arange(start, min(start + step, self._count)))[1]


def _rows(num_samples: int) -> int:
    return max(_CHUNK_BYTES // (4 * num_samples), 1)
