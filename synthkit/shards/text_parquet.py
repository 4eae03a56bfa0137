"""Parquet shards of texts: columns ``input``, ``target`` and ``rationale``, the factor columns and annotations."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from synthkit.records import FactorInfo, Strings, TextBatch, TextExample, TextLayout
from synthkit.shards.base import ShardName
from synthkit.shards.columns import annotation_arrays, factor_arrays, read_annotations
from synthkit.shards.parquet import ParquetFileReader, ParquetFileWriter
from synthkit.storage import Storage

__all__ = ["TextParquetReader", "TextParquetWriter"]


class TextParquetWriter(ParquetFileWriter):
    """Parquet with text columns, compressed with Zstandard; the default."""

    def __init__(self, root: Storage, name: ShardName, layout: TextLayout, factors: Sequence[FactorInfo]) -> None:
        names = ("input", "target", "rationale") if layout.rationale else ("input", "target")
        super().__init__(root, name, layout, factors, [pa.field(n, pa.string()) for n in names], "zstd")
        self._factors = factors
        self._annotations = layout.annotations

    def write(self, batch: TextBatch) -> None:
        texts = [_array(batch.input), _array(batch.target)]
        if batch.rationale is not None:
            texts.append(pa.array([text or None for text in batch.rationale.tolist()], pa.string()))
        beside = annotation_arrays(batch.annotations, self._annotations)
        self.write_arrays([pa.array(batch.rows.ids), *texts, *factor_arrays(batch.rows, self._factors), *beside])


class TextParquetReader(ParquetFileReader[TextLayout, TextExample]):
    """Reads what `TextParquetWriter` wrote."""

    def _example(self, group: pa.Table, row: int) -> TextExample:
        name, question, answer = (group.column(column)[row].as_py() for column in ("id", "input", "target"))
        rationale = group.column("rationale")[row].as_py() if self._layout.rationale else None
        beside = read_annotations(group, row, self._layout.annotations)
        return TextExample(name, *self._factors_of(group, row), question, answer, rationale, beside)


def _array(strings: Strings) -> pa.Array:
    """The texts without a copy."""
    buffers = [None, pa.py_buffer(strings.offsets), pa.py_buffer(strings.data)]
    return pa.Array.from_buffers(pa.string(), len(strings), buffers)
