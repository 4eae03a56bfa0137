"""Datasets on disk: map-style, random access, no torch needed."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, overload

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.records import AudioExample, AudioLayout, Example, FactorInfo, Layout, TextExample, TextLayout
from synthkit.shards.base import RawExample, ShardReader
from synthkit.shards.formats import open_shard
from synthkit.shards.manifest import Manifest, ShardEntry, read_manifest
from synthkit.storage import Storage, open_root

__all__ = ["AudioDataset", "Dataset", "TextDataset", "collate", "full_scale", "load"]

E = TypeVar("E", bound=Example)

PCM16_FULL_SCALE = np.float32(32768)


def full_scale(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Samples as float32 with full scale at 1: a copy of int16 or float32 samples, any shape."""
    audio = samples.astype(np.float32)
    if samples.dtype.kind == "i":
        audio /= PCM16_FULL_SCALE
    return audio


def load(path: str | Path, split: str | None = None) -> AudioDataset | TextDataset:
    """Open a dataset, on a disk or in an object store.

    Args:
        path: Directory that `synthkit generate` made, or its URL, as ``s3://bucket/folder``.
        split: Name of a split; None for all of them, one after the other.

    Returns:
        The examples in order, an `AudioDataset` or a `TextDataset`; nothing is read before it is asked for.

    Raises:
        InputError: No dataset, an unfinished one, or no such split.
        WorkError: A damaged manifest.
    """
    root = open_root(path)
    manifest = read_manifest(root)
    if split is not None and split not in manifest.splits:
        raise InputError(f"{root}: no split is named {split!r}; there are: {', '.join(manifest.splits)}")
    shards = tuple(shard for shard in manifest.shards if split in (None, shard.split))
    total = sum(shard.rows for shard in shards)
    kind = TextDataset if isinstance(manifest.layout, TextLayout) else AudioDataset
    return kind(root, manifest, shards, range(total))


class Dataset(Sequence[E], ABC, Generic[E]):
    """A sequence of examples; slices are datasets too. Picklable: DataLoader workers open their own files.

    Attributes:
        factors: What varies, in column order.
        layout: Shape of every clip, or columns of every text.
    """

    layout: Layout

    def __init__(self, root: Storage, manifest: Manifest, shards: tuple[ShardEntry, ...], picked: range) -> None:
        self.factors: tuple[FactorInfo, ...] = manifest.factors
        self.layout = manifest.layout
        self._root = root
        self._manifest = manifest
        self._shards = shards
        self._picked = picked
        self._starts = [0]
        for shard in shards:
            self._starts.append(self._starts[-1] + shard.rows)
        self._readers: dict[int, ShardReader[Any]] = {}

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns of `factors_matrix`."""
        return tuple(factor.name for factor in self.factors)

    @property
    def fingerprint(self) -> str:
        """Of the whole dataset, ``sha256:<64 hex>``."""
        return self._manifest.fingerprint

    def __len__(self) -> int:
        return len(self._picked)

    @overload
    def __getitem__(self, index: int) -> E: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> E | Self:
        if isinstance(index, slice):
            return type(self)(self._root, self._manifest, self._shards, self._picked[index])
        return self._example(self._raw(self._picked[operator.index(index)]))

    def __iter__(self) -> Iterator[E]:
        for index in range(len(self)):
            yield self[index]

    def __repr__(self) -> str:
        factors = ", ".join(self.factor_names)
        name = type(self).__name__
        return f"{name}({str(self._root)!r}, {len(self)} examples, {self._content()}, factors: {factors})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_readers": {}}

    def ids(self) -> list[str]:
        """``<split>-<index>`` of each example, without reading content."""
        rows = [
            f"{shard.split}-{i:08d}" for shard in self._shards for i in range(shard.first, shard.first + shard.rows)
        ]
        return [rows[i] for i in self._picked]

    def factors_matrix(self) -> npt.NDArray[np.int64] | npt.NDArray[np.float64]:
        """The factors of all examples, without reading content.

        Returns:
            [N, K] in the order of `factor_names`: the level where a factor has levels, the value where it is drawn
            from a range. int64 where all factors have levels, else float64.
        """
        columns, indices = self._factor_columns()
        if all(factor.levels is not None for factor in self.factors):
            return indices
        matrix = indices.astype(np.float64)
        for k, factor in enumerate(self.factors):
            if factor.levels is None:
                matrix[:, k] = columns[factor.name]
        return matrix

    def factor_levels(self) -> npt.NDArray[np.int64]:
        """Level of each factor of all examples, [N, K]; -1 where a factor has none."""
        return self._factor_columns()[1]

    def factor_values(self, name: str) -> npt.NDArray[Any]:
        """Values of one factor, [N]: numbers, or names as objects.

        Raises:
            InputError: No such factor.
        """
        if name not in self.factor_names:
            raise InputError(f"no factor is named {name!r}; there are: {', '.join(self.factor_names)}")
        return self._factor_columns()[0][name]

    def _factor_columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        rows = np.arange(self._picked.start, self._picked.stop, self._picked.step)
        found = [self._reader(which).factor_columns() for which in range(len(self._shards))]
        if not found:
            return {name: np.empty(0) for name in self.factor_names}, np.empty((0, len(self.factors)), np.int64)
        values = {name: np.concatenate([columns[name] for columns, _ in found])[rows] for name in self.factor_names}
        return values, np.concatenate([indices for _, indices in found])[rows]

    def _raw(self, row: int) -> Any:
        """What a shard holds of an example, by its row in all shards together."""
        which = bisect_right(self._starts, row) - 1
        return self._reader(which).read(row - self._starts[which])

    def _reader(self, which: int) -> ShardReader[Any]:
        if which not in self._readers:
            path = self._shards[which].path
            self._readers[which] = open_shard(self._root, path, self._manifest.format, self.layout, self.factors)
        return self._readers[which]

    @abstractmethod
    def _example(self, raw: Any) -> E:
        """An example out of what its shard holds."""

    @abstractmethod
    def _content(self) -> str:
        """What each example holds, in words."""


class AudioDataset(Dataset[AudioExample]):
    """Clips."""

    layout: AudioLayout

    def sample_chunks(self, rows: int) -> Iterator[npt.NDArray[Any]]:
        """All clips in order as they are stored, [n, T] of the layout's dtype, n <= ``rows``."""
        for start in range(0, len(self), rows):
            part = self._picked[start : start + rows]
            chunk = np.empty((len(part), self.layout.num_samples), self.layout.dtype)
            for place, row in enumerate(part):
                chunk[place] = self._raw(row).samples
            yield chunk

    def _content(self) -> str:
        return f"{self.layout.num_samples} samples at {self.layout.sample_rate} Hz"

    def _example(self, raw: RawExample) -> AudioExample:
        rate = self.layout.sample_rate
        return AudioExample(raw.id, raw.factors, raw.factor_indices, full_scale(raw.samples), rate, raw.annotations)


class TextDataset(Dataset[TextExample]):
    """Texts."""

    layout: TextLayout

    def _content(self) -> str:
        columns = "input, target and rationale" if self.layout.rationale else "input and target"
        return columns if self.layout.labels is None else f"{columns} of {len(self.layout.labels)} classes"

    def _example(self, raw: TextExample) -> TextExample:
        return raw


def collate(examples: Sequence[Example]) -> dict[str, Any]:
    """Stack examples: ``DataLoader(dataset, collate_fn=synthkit.dataset.collate)``.

    Returns:
        ``id`` (list of n), ``factor_indices`` int64 [n, K], ``factors`` (list of n dicts); of clips ``audio`` float32
        [n, T] and ``sample_rate``; of texts ``input``, ``target`` and ``rationale`` (lists of n); of both
        ``annotations`` (list of n dicts).
    """
    batch: dict[str, Any] = {
        "id": [example.id for example in examples],
        "factor_indices": np.stack([example.factor_indices for example in examples]),
        "factors": [example.factors for example in examples],
    }
    clips = [example for example in examples if isinstance(example, AudioExample)]
    texts = [example for example in examples if isinstance(example, TextExample)]
    if clips:
        batch |= {"audio": np.stack([clip.audio for clip in clips]), "sample_rate": clips[0].sample_rate}
        batch["annotations"] = [clip.annotations for clip in clips]
    if texts:
        columns = ("input", "target", "rationale", "annotations")
        batch |= {name: [getattr(text, name) for text in texts] for name in columns}
    return batch
