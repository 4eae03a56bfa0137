"""WebDataset shards: a tar in which the files of an example lie side by side and share their name.

A clip is ``<id>.json`` (its id, factors, levels and annotations) and ``<id>.wav``, in this order; a text is
``<id>.json`` with all its columns. Ids hold no dot, so that readers find the same name for all files of an example.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from synthkit.errors import WorkError
from synthkit.records import (
    AnnotationValue,
    AudioBatch,
    AudioLayout,
    FactorInfo,
    FactorValue,
    FileRecord,
    Layout,
    TextBatch,
    TextExample,
    TextLayout,
)
from synthkit.shards import tar, wav
from synthkit.shards.base import RawExample, ShardName
from synthkit.shards.columns import factor_dtype
from synthkit.shards.content import named_rows, text_examples
from synthkit.shards.json_records import dump, factors_of, labels, text_of, text_record
from synthkit.storage import Storage

__all__ = ["AudioTarReader", "AudioTarWriter", "TextTarReader", "TextTarWriter"]

_AHEAD = 2**20

L = TypeVar("L", bound=Layout)
E = TypeVar("E")


class _TarWriter(ABC, Generic[L]):
    """Writes an archive from its beginning to its end, a batch at a time."""

    def __init__(self, root: Storage, name: ShardName, layout: L, factors: Sequence[FactorInfo]) -> None:
        self._layout = layout
        self._factors = factors
        self._file = root.create(f"data/{name.stem}.tar")
        self._size = 0

    def add(self, files: Iterable[tuple[str, bytes | memoryview]]) -> None:
        """Add files by name: all of them in one piece, as each write is a call of the system."""
        data = b"".join(piece for name, content in files for piece in tar.member(name, content))
        self._file.write(data)
        self._size += len(data)

    def commit(self) -> tuple[FileRecord, ...]:
        self._file.write(tar.end(self._size))
        return (self._file.commit(),)

    def abort(self) -> None:
        self._file.abort()


class AudioTarWriter(_TarWriter[AudioLayout]):
    """WebDataset tar: <id>.wav beside <id>.json with the factors."""

    def write(self, batch: AudioBatch) -> None:
        self.add(self._files(batch))

    def _files(self, batch: AudioBatch) -> Iterator[tuple[str, bytes | memoryview]]:
        levels = batch.rows.indices.tolist()
        for row, (id, factors) in enumerate(named_rows(batch.rows)):
            beside = {name: values[row] for name, values in batch.annotations.items()}
            record = {"id": id, **labels(factors, levels[row], beside, self._factors)}
            yield f"{id}.json", dump(record).encode()
            yield f"{id}.wav", batch.wav[row].data


class TextTarWriter(_TarWriter[TextLayout]):
    """WebDataset tar: <id>.json with all columns."""

    def write(self, batch: TextBatch) -> None:
        self.add(
            (f"{example.id}.json", dump(text_record(example, self._layout, self._factors)).encode())
            for example in text_examples(batch)
        )


class _TarReader(ABC, Generic[L, E]):
    """Random access to one archive. Where its members lie is found once, from their headers alone."""

    suffixes: ClassVar[tuple[str, ...]]

    def __init__(self, root: Storage, path: str, layout: L, factors: Sequence[FactorInfo]) -> None:
        self._root = root
        self._path = path
        self._layout = layout
        self._factors = factors

    @abstractmethod
    def example(self, files: Sequence[bytes], name: str) -> E:
        """An example from the contents of its files, in the order of ``suffixes``."""

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        """Offset and size of each file of each example, int64 [examples, files, 2]."""
        found: list[tuple[int, int]] = []
        with _Archive(self._root, self._path) as archive:
            key = ""
            for member in tar.members(archive, self._path):
                suffix = self.suffixes[len(found) % len(self.suffixes)]
                if suffix == self.suffixes[0]:
                    key = member.name.removesuffix(suffix)
                if member.name != key + suffix or "." in key:
                    raise WorkError(f"{self._path}: holds {member.name!r} where {key + suffix!r} should be")
                found.append((member.offset, member.size))
        if len(found) % len(self.suffixes):
            raise WorkError(f"{self._path}: files of its last example are missing")
        return np.array(found, np.int64).reshape(-1, len(self.suffixes), 2)

    def __len__(self) -> int:
        return len(self._places)

    def read(self, row: int) -> E:
        with _Archive(self._root, self._path) as archive:
            return self._read(archive, row)

    def scan(self) -> Iterator[E]:
        with _Archive(self._root, self._path) as archive:
            for row in range(len(self)):
                yield self._read(archive, row)

    def factor_columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        return self._columns

    @cached_property
    def _columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        columns: dict[str, list[Any]] = {factor.name: [] for factor in self._factors}
        indices = np.full((len(self), len(self._factors)), -1, np.int64)
        with _Archive(self._root, self._path) as archive:
            for row in range(len(self)):
                name = f"example {row}"
                record = self._record(self._files(archive, row, 1)[0], name)
                values, indices[row], _ = self._labels(record, name)
                for name, value in values.items():
                    columns[name].append(value)
        return {f.name: np.array(columns[f.name], factor_dtype(f)) for f in self._factors}, indices

    def _read(self, archive: _Archive, row: int) -> E:
        return self.example(self._files(archive, row, len(self.suffixes)), f"example {row}")

    def _files(self, archive: _Archive, row: int, count: int) -> list[bytes]:
        """The first files of an example."""
        files = []
        for offset, size in self._places[row, :count].tolist():
            data = archive.at(offset, size)
            if len(data) != size:
                raise WorkError(f"{self._path}: is cut off at example {row}")
            files.append(data)
        return files

    def _record(self, data: bytes, name: str) -> dict[str, Any]:
        try:
            record = json.loads(data)
            if not isinstance(record, dict) or not isinstance(record["id"], str):
                raise ValueError("no object with an id")
        except (KeyError, ValueError) as error:
            raise WorkError(f"{self._path}: {name} is damaged: {error}") from None
        return record

    def _labels(
        self, record: Mapping[str, Any], name: str
    ) -> tuple[dict[str, FactorValue], npt.NDArray[np.int64], dict[str, AnnotationValue]]:
        try:
            return factors_of(record, self._factors, self._layout)
        except (KeyError, TypeError, ValueError) as error:
            raise WorkError(f"{self._path}: {name} is damaged: {error!r}") from None


class AudioTarReader(_TarReader[AudioLayout, RawExample]):
    """Reads what `AudioTarWriter` wrote."""

    suffixes = (".json", ".wav")

    def example(self, files: Sequence[bytes], name: str) -> RawExample:
        record = self._record(files[0], name)
        factors, levels, beside = self._labels(record, name)
        samples = wav.parse(files[1], self._layout, f"{self._path}: {record['id']}")
        return RawExample(record["id"], factors, levels, samples, beside)


class TextTarReader(_TarReader[TextLayout, TextExample]):
    """Reads what `TextTarWriter` wrote."""

    suffixes = (".json",)

    def example(self, files: Sequence[bytes], name: str) -> TextExample:
        record = self._record(files[0], name)
        try:
            return text_of(record, self._factors, self._layout)
        except (KeyError, TypeError, ValueError) as error:
            raise WorkError(f"{self._path}: {name} is damaged: {error!r}") from None


class _Archive:
    """An archive that is open for a while: a process that is forked from this one opens its own."""

    def __init__(self, root: Storage, path: str) -> None:
        self._local = root.local is not None
        try:
            self._file = root.open(path, ahead=_AHEAD)
        except OSError as error:
            raise WorkError(f"{path}: not readable: {error.strerror or error}") from None

    def at(self, offset: int, size: int) -> bytes:
        if self._local:
            return os.pread(self._file.fileno(), size, offset)
        self._file.seek(offset)
        return self._file.read(size)

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
