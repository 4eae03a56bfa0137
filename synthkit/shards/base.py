"""What a format is: a writer and a reader of shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from synthkit.records import AudioBatch, AudioLayout, FactorInfo, FactorValue, FileRecord

__all__ = ["RawExample", "ShardName", "ShardReader", "ShardWriter"]


@dataclass(frozen=True, slots=True)
class ShardName:
    """Name of a shard: ``data/train-00000-of-00007``, without its suffix."""

    split: str
    number: int
    of: int

    @property
    def stem(self) -> str:
        return f"{self.split}-{self.number:05d}-of-{self.of:05d}"


@dataclass(frozen=True, slots=True)
class RawExample:
    """An example as it was stored: the samples in their own dtype."""

    id: str
    factors: dict[str, FactorValue]
    factor_indices: npt.NDArray[np.int64]
    samples: npt.NDArray[Any]


class ShardWriter(Protocol):
    """Writes one shard; nothing of it bears its final name before `commit`."""

    def __init__(self, root: Path, name: ShardName, layout: AudioLayout, factors: Sequence[FactorInfo]) -> None: ...

    def write(self, batch: AudioBatch) -> None:
        """Add examples."""

    def commit(self) -> tuple[FileRecord, ...]:
        """Finish; the first file is the one that a reader opens."""

    def abort(self) -> None:
        """Remove what was written."""


class ShardReader(Protocol):
    """Reads one shard."""

    def __init__(self, root: Path, path: str, layout: AudioLayout, factors: Sequence[FactorInfo]) -> None: ...

    def __len__(self) -> int: ...

    def read(self, row: int) -> RawExample:
        """Example at a row, counted inside the shard."""

    def scan(self) -> Iterator[RawExample]:
        """All examples in order, in bounded memory."""

    def factor_columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        """Values of each factor, and the levels int64 [rows, K], without reading audio."""
