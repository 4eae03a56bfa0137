"""Text shards for reading by eye and by other programs: JSON lines, and TSV with the header of the Long Range Arena."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from synthkit.errors import WorkError
from synthkit.records import FactorInfo, FileRecord, TextBatch, TextExample, TextLayout
from synthkit.shards.base import ShardName
from synthkit.shards.columns import factor_dtype
from synthkit.shards.content import text_examples
from synthkit.shards.json_records import dump, text_of, text_record
from synthkit.storage import Storage

__all__ = ["JsonLinesReader", "JsonLinesWriter", "TsvReader", "TsvWriter", "tsv_header"]

_AHEAD = 2**20
_PARSERS = {"string": str, "int64": int, "float64": float}


def tsv_header(layout: TextLayout, factors: Sequence[FactorInfo]) -> list[str]:
    """Columns of a TSV shard: the Long Range Arena's ``Source`` and ``Target`` first."""
    names = ["Source", "Target", *(["Rationale"] if layout.rationale else []), "id"]
    for factor in factors:
        names += [factor.name] if factor.levels is None else [factor.name, f"{factor.name}_index"]
    return [*names, *(column.name for column in layout.annotations)]


class _LinesWriter(ABC):
    """Writes a text file, a batch at a time."""

    suffix: ClassVar[str]

    def __init__(self, root: Storage, name: ShardName, layout: TextLayout, factors: Sequence[FactorInfo]) -> None:
        self._layout = layout
        self._factors = factors
        self._file = root.create(f"data/{name.stem}.{self.suffix}")
        self._file.write(self.head().encode())

    def head(self) -> str:
        """What comes before the first example."""
        return ""

    @abstractmethod
    def lines(self, batch: TextBatch) -> str:
        """The examples of a batch."""

    def write(self, batch: TextBatch) -> None:
        self._file.write(self.lines(batch).encode())

    def commit(self) -> tuple[FileRecord, ...]:
        return (self._file.commit(),)

    def abort(self) -> None:
        self._file.abort()


class JsonLinesWriter(_LinesWriter):
    """JSON lines: one object an example, with all its columns."""

    suffix = "jsonl"

    def lines(self, batch: TextBatch) -> str:
        return "".join(f"{dump(text_record(e, self._layout, self._factors))}\n" for e in text_examples(batch))


class TsvWriter(_LinesWriter):
    """Tab-separated values with the Long Range Arena's header: ``Source``, ``Target``, then all other columns."""

    suffix = "tsv"

    def head(self) -> str:
        return _tsv([tsv_header(self._layout, self._factors)])

    def lines(self, batch: TextBatch) -> str:
        return _tsv([self._row(example) for example in text_examples(batch)])

    def _row(self, example: TextExample) -> list[str]:
        row = [example.input, example.target]
        if self._layout.rationale:
            row.append(example.rationale or "")
        row.append(example.id)
        for factor, level in zip(self._factors, example.factor_indices.tolist(), strict=True):
            value = example.factors[factor.name]
            row.append(value if isinstance(value, str) else repr(value))
            if factor.levels is not None:
                row.append(str(level))
        for column in self._layout.annotations:
            said = example.annotations[column.name]
            row.append(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, allow_nan=False))
        return row


def _tsv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    return text.getvalue()


class _LinesReader(ABC):
    """Reads a whole text file at the first access, and keeps its examples; for random access take parquet."""

    def __init__(self, root: Storage, path: str, layout: TextLayout, factors: Sequence[FactorInfo]) -> None:
        self._root = root
        self._path = path
        self._layout = layout
        self._factors = factors

    @abstractmethod
    def scan(self) -> Iterator[TextExample]:
        """All examples in order."""

    def _open(self, newline: str) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._root.open(self._path, ahead=_AHEAD), "utf-8", newline=newline)

    @cached_property
    def _examples(self) -> list[TextExample]:
        return list(self.scan())

    def __len__(self) -> int:
        return len(self._examples)

    def read(self, row: int) -> TextExample:
        return self._examples[row]

    def factor_columns(self) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
        values = {
            f.name: np.array([example.factors[f.name] for example in self._examples], factor_dtype(f))
            for f in self._factors
        }
        indices = [example.factor_indices for example in self._examples]
        return values, np.array(indices, np.int64).reshape(len(self._examples), len(self._factors))

    def _example(self, number: int, fields: dict[str, Any]) -> TextExample:
        """An example from its fields by name."""
        try:
            return text_of(fields, self._factors, self._layout)
        except (KeyError, TypeError, ValueError) as error:
            raise WorkError(f"{self._path}: example {number} is damaged: {error!r}") from None


class JsonLinesReader(_LinesReader):
    """Reads what `JsonLinesWriter` wrote."""

    def scan(self) -> Iterator[TextExample]:
        try:
            with self._open("\n") as lines:
                for number, line in enumerate(lines):
                    yield self._example(number, json.loads(line))
        except (OSError, ValueError) as error:
            raise WorkError(f"{self._path}: not readable as JSON lines: {error}") from None


class TsvReader(_LinesReader):
    """Reads what `TsvWriter` wrote."""

    def scan(self) -> Iterator[TextExample]:
        header = tsv_header(self._layout, self._factors)
        own = {"Source": "input", "Target": "target", "Rationale": "rationale"}
        names = [own.get(name, name) for name in header]
        try:
            with self._open("") as lines:
                csv.field_size_limit(2**31 - 1)
                rows = csv.reader(lines, delimiter="\t")
                if next(rows, None) != header:
                    raise WorkError(f"{self._path}: its header is not {header}")
                for number, row in enumerate(islice(rows, None)):
                    if len(row) != len(names):
                        raise WorkError(f"{self._path}: example {number} has {len(row)} columns, not {len(names)}")
                    fields: dict[str, Any] = dict(zip(names, row, strict=True))
                    for factor in self._factors:
                        fields[factor.name] = _PARSERS[factor.dtype](fields[factor.name])
                    for column in self._layout.annotations:
                        if column.dtype != "string":
                            fields[column.name] = json.loads(fields[column.name])
                    yield self._example(number, fields)
        except (OSError, ValueError, csv.Error) as error:
            if isinstance(error, WorkError):
                raise
            raise WorkError(f"{self._path}: not readable as TSV: {error}") from None
