"""Parquet shards of audio: a Hugging Face ``Audio`` struct {bytes: WAV file, path}, and the factor columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from synthkit.records import AudioBatch, AudioLayout, FactorInfo
from synthkit.shards import wav
from synthkit.shards.base import RawExample, ShardName
from synthkit.shards.columns import annotation_arrays, factor_arrays, read_annotations
from synthkit.shards.parquet import ParquetFileReader, ParquetFileWriter
from synthkit.storage import Storage

__all__ = ["AudioParquetReader", "AudioParquetWriter"]

_AUDIO = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])


class AudioParquetWriter(ParquetFileWriter):
    """Parquet with an audio column that Hugging Face datasets plays; samples uncompressed, as WAV."""

    def __init__(self, root: Storage, name: ShardName, layout: AudioLayout, factors: Sequence[FactorInfo]) -> None:
        super().__init__(root, name, layout, factors, [pa.field("audio", _AUDIO)], "none")
        self._factors = factors
        self._annotations = layout.annotations

    def write(self, batch: AudioBatch) -> None:
        count, size = batch.wav.shape
        offsets = pa.py_buffer(np.arange(count + 1, dtype=np.int32) * np.int32(size))
        clips = pa.Array.from_buffers(pa.binary(), count, [None, offsets, pa.py_buffer(batch.wav)])
        ids = batch.rows.ids
        audio = pa.StructArray.from_arrays([clips, pa.array([f"{id}.wav" for id in ids])], fields=list(_AUDIO))
        beside = annotation_arrays(batch.annotations, self._annotations)
        self.write_arrays([pa.array(ids), audio, *factor_arrays(batch.rows, self._factors), *beside])


class AudioParquetReader(ParquetFileReader[AudioLayout, RawExample]):
    """Reads what `AudioParquetWriter` wrote."""

    def _example(self, group: pa.Table, row: int) -> RawExample:
        name = group.column("id")[row].as_py()
        clip = group.column("audio").chunk(0).field("bytes")[row].as_buffer()
        samples = wav.parse(memoryview(clip), self._layout, f"{self._path}: {name}")
        annotations = read_annotations(group, row, self._layout.annotations)
        return RawExample(name, *self._factors_of(group, row), samples, annotations)
