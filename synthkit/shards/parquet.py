"""Parquet shards: what audio and text have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from synthkit.errors import WorkError
from synthkit.records import FactorInfo, FactorValue, FileRecord, Layout
from synthkit.shards.base import ShardName
from synthkit.shards.columns import annotation_fields, factor_fields, features_metadata, read_factors
from synthkit.storage import Storage

__all__ = ["ParquetFileReader", "ParquetFileWriter"]

# About a mebibyte a row group: what random access reads for one example, and what a writer holds.
_ROW_GROUP_BYTES = 2**20
_CACHED_GROUPS = 16

L = TypeVar("L", bound=Layout)
E = TypeVar("E")


class ParquetFileWriter:
    """One parquet file with content columns in front of the factor columns."""

    def __init__(
        self,
        root: Storage,
        name: ShardName,
        layout: Layout,
        factors: Sequence[FactorInfo],
        content: Sequence[pa.Field],
        compression: str,
    ) -> None:
        columns = factor_fields(factors)
        beside = annotation_fields(layout.annotations)
        fields = [pa.field("id", pa.string()), *content, *columns, *beside]
        self._group_rows = max(_ROW_GROUP_BYTES // layout.bytes_per_example, 1)
        self._schema = pa.schema(fields, metadata=features_metadata(fields, layout))
        self._file = root.create(f"data/{name.stem}.parquet")
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._file, mode="w"),
            self._schema,
            compression=compression,
            use_dictionary=[f.name for f in columns],
            write_statistics=[f.name for f in columns],
            store_schema=True,
        )

    def write_arrays(self, arrays: Sequence[pa.Array]) -> None:
        """Write rows: one array for each column."""
        table = pa.Table.from_arrays(list(arrays), schema=self._schema)
        self._writer.write_table(table, row_group_size=self._group_rows)

    def commit(self) -> tuple[FileRecord, ...]:
        self._writer.close()
        return (self._file.commit(),)

    def abort(self) -> None:
        self._file.abort()


class ParquetFileReader(ABC, Generic[L, E]):
    """Random access to one parquet shard; the last few row groups stay in memory."""

    def __init__(self, root: Storage, path: str, layout: L, factors: Sequence[FactorInfo]) -> None:
        self._path = path
        self._layout = layout
        self._factors = factors
        try:
            self._file = _open(root, path)
        except (OSError, pa.ArrowException) as error:
            raise WorkError(f"{path}: not readable as parquet: {error}") from None
        counts = [self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        # No bound method: in a cycle with its cache, a reader would keep its file mapped until the next collection.
        self._group = lru_cache(maxsize=_CACHED_GROUPS)(partial(_read_group, self._file, path))

    def __len__(self) -> int:
        return int(self._starts[-1])

    def read(self, row: int) -> E:
        group = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._example(self._group(group), row - int(self._starts[group]))

    def scan(self) -> Iterator[E]:
        for number in range(self._file.num_row_groups):
            group = _read_group(self._file, self._path, number)
            for row in range(group.num_rows):
                yield self._example(group, row)

    def factor_columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        names = [field.name for field in factor_fields(self._factors)]
        if not names:
            return {}, np.empty((len(self), 0), np.int64)
        return read_factors(self._file.read(columns=names), self._factors)

    def _factors_of(self, group: pa.Table, row: int) -> tuple[dict[str, FactorValue], npt.NDArray[np.int64]]:
        factors, indices = {}, np.full(len(self._factors), -1, np.int64)
        for k, factor in enumerate(self._factors):
            factors[factor.name] = group.column(factor.name)[row].as_py()
            if factor.levels is not None:
                indices[k] = group.column(f"{factor.name}_index")[row].as_py()
        return factors, indices

    @abstractmethod
    def _example(self, group: pa.Table, row: int) -> E:
        """The example at a row of a row group."""


def _open(root: Storage, path: str) -> pq.ParquetFile:
    """On a disk the file is mapped; from a store the columns of a row group are fetched together."""
    if root.local is not None:
        return pq.ParquetFile(root.local / path, memory_map=True)
    return pq.ParquetFile(pa.PythonFile(root.open(path), mode="r"), pre_buffer=True)


def _read_group(file: pq.ParquetFile, path: str, number: int) -> pa.Table:
    try:
        return file.read_row_group(number).combine_chunks()
    except (OSError, pa.ArrowException) as error:
        raise WorkError(f"{path}: row group {number} is damaged: {error}") from None
