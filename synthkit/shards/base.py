"""What a format is: a writer and a reader of shards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from synthkit.records import AnnotationValue, FactorInfo, FactorValue, FileRecord, Layout
from synthkit.storage import Storage

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
    """A clip as it was stored: the samples in their own dtype."""

    id: str
    factors: dict[str, FactorValue]
    factor_indices: npt.NDArray[np.int64]
    samples: npt.NDArray[Any]
    annotations: Mapping[str, AnnotationValue] = field(default_factory=dict)


B = TypeVar("B", contravariant=True)
E = TypeVar("E", covariant=True)


class ShardWriter(Protocol[B]):
    """Writes one shard of batches B; nothing of it bears its final name before `commit`."""

    def __init__(self, root: Storage, name: ShardName, layout: Layout, factors: Sequence[FactorInfo]) -> None: ...

    def write(self, batch: B) -> None:
        """Add examples."""

    def commit(self) -> tuple[FileRecord, ...]:
        """Finish; the first file is the one that a reader opens."""

    def abort(self) -> None:
        """Leave nothing that a reader opens."""


class ShardReader(Protocol[E]):
    """Reads one shard of examples E: `RawExample` of audio, `TextExample` of text."""

    def __init__(self, root: Storage, path: str, layout: Layout, factors: Sequence[FactorInfo]) -> None: ...

    def __len__(self) -> int: ...

    def read(self, row: int) -> E:
        """Example at a row, counted inside the shard."""

    def scan(self) -> Iterator[E]:
        """All examples in order, in bounded memory."""

    def factor_columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        """Values of each factor, and the levels int64 [rows, K], without reading audio."""
