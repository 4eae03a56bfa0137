"""Audio files side by side: a shard is a folder of ``<id>.wav`` or ``<id>.flac`` with a ``metadata.parquet``."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from synthkit.errors import WorkError
from synthkit.records import AudioBatch, AudioLayout, FactorInfo, FileRecord
from synthkit.shards import wav
from synthkit.shards.base import RawExample, ShardName
from synthkit.shards.columns import (
    annotation_arrays,
    annotation_fields,
    factor_arrays,
    factor_fields,
    read_annotations,
    read_factors,
)
from synthkit.storage import Storage

__all__ = ["FlacReader", "FlacWriter", "WavReader", "WavWriter"]

_METADATA = "metadata.parquet"


class _FolderWriter(ABC):
    """Fills a folder; the table of its clips comes last, and is what readers open."""

    suffix: ClassVar[str]

    def __init__(self, root: Storage, name: ShardName, layout: AudioLayout, factors: Sequence[FactorInfo]) -> None:
        self._layout = layout
        self._factors = factors
        self._folder = root.folder(f"data/{name.stem}")
        self._tables: list[pa.Table] = []
        self._schema = pa.schema(
            [
                pa.field("file_name", pa.string()),
                pa.field("id", pa.string()),
                *factor_fields(factors),
                *annotation_fields(layout.annotations),
            ]
        )

    @abstractmethod
    def encode(self, batch: AudioBatch, row: int) -> bytes | memoryview:
        """One audio file."""

    def write(self, batch: AudioBatch) -> None:
        ids = batch.rows.ids
        names = [f"{id}.{self.suffix}" for id in ids]
        self._folder.write({name: self.encode(batch, row) for row, name in enumerate(names)})
        arrays = [
            pa.array(names),
            pa.array(ids),
            *factor_arrays(batch.rows, self._factors),
            *annotation_arrays(batch.annotations, self._layout.annotations),
        ]
        self._tables.append(pa.Table.from_arrays(arrays, schema=self._schema))

    def commit(self) -> tuple[FileRecord, ...]:
        sink = io.BytesIO()
        pq.write_table(pa.concat_tables(self._tables).combine_chunks(), sink, compression="none")
        self._folder.write({_METADATA: sink.getvalue()})
        files = self._folder.commit()
        return (files[-1], *files[:-1])

    def abort(self) -> None:
        self._folder.abort()


class WavWriter(_FolderWriter):
    """WAV files, the very bytes that a parquet shard holds."""

    suffix = "wav"

    def encode(self, batch: AudioBatch, row: int) -> memoryview:
        clip: memoryview = batch.wav[row].data
        return clip


class FlacWriter(_FolderWriter):
    """FLAC files, lossless: the same 16-bit samples."""

    suffix = "flac"

    def encode(self, batch: AudioBatch, row: int) -> bytes:
        import soundfile

        sink = io.BytesIO()
        soundfile.write(sink, batch.samples[row], self._layout.sample_rate, format="FLAC", subtype="PCM_16")
        return sink.getvalue()


class _FolderReader(ABC):
    """Random access to one audio folder."""

    def __init__(self, root: Storage, path: str, layout: AudioLayout, factors: Sequence[FactorInfo]) -> None:
        self._root = root
        self._path = path
        self._layout = layout
        self._factors = factors
        try:
            self._table = pq.read_table(pa.py_buffer(root.read(path))).combine_chunks()
        except (OSError, pa.ArrowException) as error:
            raise WorkError(f"{path}: not readable as parquet: {error}") from None

    @abstractmethod
    def decode(self, data: bytes, name: str) -> npt.NDArray[Any]:
        """Samples of one audio file in the layout's dtype."""

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @cached_property
    def _columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        return read_factors(self._table, self._factors)

    def factor_columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        return self._columns

    def read(self, row: int) -> RawExample:
        values, indices = self._columns
        name = f"{PurePosixPath(self._path).parent.as_posix()}/{self._table.column('file_name')[row].as_py()}"
        try:
            samples = self.decode(self._root.read(name), name)
        except (OSError, RuntimeError) as error:
            raise WorkError(f"{name}: not readable as audio: {error}") from None
        factors = {key: column[row : row + 1].tolist()[0] for key, column in values.items()}
        annotations = read_annotations(self._table, row, self._layout.annotations)
        return RawExample(self._table.column("id")[row].as_py(), factors, indices[row].copy(), samples, annotations)

    def scan(self) -> Iterator[RawExample]:
        for row in range(len(self)):
            yield self.read(row)


class WavReader(_FolderReader):
    """Reads what `WavWriter` wrote."""

    def decode(self, data: bytes, name: str) -> npt.NDArray[Any]:
        return wav.parse(data, self._layout, name)


class FlacReader(_FolderReader):
    """Reads what `FlacWriter` wrote."""

    def decode(self, data: bytes, name: str) -> npt.NDArray[Any]:
        import soundfile

        samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
        if rate != self._layout.sample_rate or samples.shape != (self._layout.num_samples,):
            raise WorkError(f"{name}: {samples.shape} samples at {rate} Hz are not what was written")
        return np.ascontiguousarray(samples)
