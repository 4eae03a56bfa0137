"""Parquet shards: a Hugging Face ``Audio`` struct {bytes: WAV file, path}, and the factor columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from synthkit.errors import WorkError
from synthkit.records import AudioBatch, AudioLayout, FactorInfo, FileRecord
from synthkit.shards import wav
from synthkit.shards.base import RawExample, ShardName
from synthkit.shards.columns import factor_arrays, factor_fields, features_metadata, read_factors
from synthkit.shards.files import HashingFile

__all__ = ["ParquetReader", "ParquetWriter"]

# About a mebibyte a row group: what random access reads for one example, and what a writer holds.
_ROW_GROUP_BYTES = 2**20
_CACHED_GROUPS = 16
_AUDIO = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])


class ParquetWriter:
    """Parquet with an audio column that Hugging Face datasets plays; samples uncompressed, as WAV."""

    def __init__(self, root: Path, name: ShardName, layout: AudioLayout, factors: Sequence[FactorInfo]) -> None:
        self._factors = factors
        self._layout = layout
        self._group_rows = max(_ROW_GROUP_BYTES // layout.bytes_per_example, 1)
        self._schema = pa.schema(
            [pa.field("id", pa.string()), pa.field("audio", _AUDIO), *factor_fields(factors)],
            metadata=features_metadata(factors, layout, "id"),
        )
        self._file = HashingFile(root, f"data/{name.stem}.parquet")
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._file, mode="w"),
            self._schema,
            compression="none",
            use_dictionary=[f.name for f in factor_fields(factors)],
            write_statistics=[f.name for f in factor_fields(factors)],
            store_schema=True,
        )

    def write(self, batch: AudioBatch) -> None:
        count, size = batch.wav.shape
        offsets = pa.py_buffer(np.arange(count + 1, dtype=np.int32) * np.int32(size))
        clips = pa.Array.from_buffers(pa.binary(), count, [None, offsets, pa.py_buffer(batch.wav)])
        ids = batch.rows.ids
        audio = pa.StructArray.from_arrays([clips, pa.array([f"{id}.wav" for id in ids])], fields=list(_AUDIO))
        arrays = [pa.array(ids), audio, *factor_arrays(batch.rows, self._factors)]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=self._group_rows)

    def commit(self) -> tuple[FileRecord, ...]:
        self._writer.close()
        return (self._file.commit(),)

    def abort(self) -> None:
        self._file.abort()


class ParquetReader:
    """Random access to one parquet shard; the last few row groups stay in memory."""

    def __init__(self, root: Path, path: str, layout: AudioLayout, factors: Sequence[FactorInfo]) -> None:
        self._path = path
        self._layout = layout
        self._factors = factors
        try:
            self._file = pq.ParquetFile(root / path, memory_map=True)
        except (OSError, pa.ArrowException) as error:
            raise WorkError(f"{path}: not readable as parquet: {error}") from None
        counts = [self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._group = lru_cache(maxsize=_CACHED_GROUPS)(self._read_group)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def read(self, row: int) -> RawExample:
        group = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._example(self._group(group), row - int(self._starts[group]))

    def scan(self) -> Iterator[RawExample]:
        for number in range(self._file.num_row_groups):
            group = self._read_group(number)
            for row in range(group.num_rows):
                yield self._example(group, row)

    def factor_columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        names = [field.name for field in factor_fields(self._factors)]
        return read_factors(self._file.read(columns=names), self._factors)

    def _read_group(self, number: int) -> pa.Table:
        try:
            return self._file.read_row_group(number).combine_chunks()
        except (OSError, pa.ArrowException) as error:
            raise WorkError(f"{self._path}: row group {number} is damaged: {error}") from None

    def _example(self, group: pa.Table, row: int) -> RawExample:
        name = group.column("id")[row].as_py()
        clip = group.column("audio").chunk(0).field("bytes")[row].as_buffer()
        factors, indices = {}, np.full(len(self._factors), -1, np.int64)
        for k, factor in enumerate(self._factors):
            factors[factor.name] = group.column(factor.name)[row].as_py()
            if factor.levels is not None:
                indices[k] = group.column(f"{factor.name}_index")[row].as_py()
        samples = wav.parse(memoryview(clip), self._layout, f"{self._path}: {name}")
        return RawExample(name, factors, indices, samples)
