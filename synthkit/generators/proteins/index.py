"""Which sequences of a set of files are used, and where they lie: an index of byte offsets."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.amino_acids import AMINO_ACIDS
from synthkit.generators.proteins.files import Data, SequenceFile, place
from synthkit.generators.proteins.records import Record

__all__ = ["Index", "Part", "Rules", "build_index"]

AMBIGUOUS = "BJOUXZ"
_WHITE = b" \t\r\n\v\f"
_STANDARD = AMINO_ACIDS.encode()
_ALL = _STANDARD + AMBIGUOUS.encode()
_MOST_PROBLEMS = 10

Integers = npt.NDArray[np.int64]
Reader = Callable[[Data], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What becomes of sequences that are not like the others.

    Attributes:
        unknown: Of those that hold B, J, O, U, X or Z: ``refuse``, ``keep`` or ``drop`` them.
        max_length: Longest sequence, residues; None for any.
        long: Of longer ones: ``refuse``, ``drop`` or ``truncate`` them.
    """

    unknown: Literal["refuse", "keep", "drop"] = "refuse"
    max_length: int | None = None
    long: Literal["refuse", "drop", "truncate"] = "refuse"


@dataclass(slots=True)
class Counts:
    """How many records a part has, and what became of them.

    Attributes:
        records: All of them.
        long: Longer than allowed.
        unknown: Left out for what they hold.
        repeats: Left out since their sequence is there already.
    """

    records: int = 0
    long: int = 0
    unknown: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """The sequences of one file that are used.

    Attributes:
        file: Where they are.
        starts: int64 [n], byte at which the residues begin.
        ends: int64 [n], byte before which they end.
        labels: int64 [n], position among the labels.
        records: int64 [n], which record of the file, from 0.
        lengths: int64 [n], residues in the file.
        copies: int64 [n], records of all files with this very sequence.
        counts: What became of the file's records.
        cut: Residues that are used of each, None for all.
    """

    file: SequenceFile
    starts: Integers
    ends: Integers
    labels: Integers
    records: Integers
    lengths: Integers
    copies: Integers
    counts: Counts
    cut: int | None

    def __len__(self) -> int:
        return len(self.starts)

    def read(self, items: Integers) -> list[bytes]:
        """The residues of sequences, upper-case ASCII letters."""
        spans = list(zip(self.starts[items].tolist(), self.ends[items].tolist(), strict=True))
        return [_residues(text)[: self.cut] for text in self.file.read(spans)]


@dataclass(frozen=True, slots=True)
class Index:
    """All sequences that are used.

    Attributes:
        parts: Part -> its sequences.
        labels: The labels that occur, sorted, numbers in them as numbers.
        problems: What is wrong with the files, one line each.
    """

    parts: Mapping[str, Part]
    labels: tuple[str, ...]
    problems: tuple[str, ...]

    def too_long(self) -> str:
        """Where there are sequences longer than allowed, and how many; empty where there are none."""
        long = {part.file.path: part.counts for part in self.parts.values() if part.counts.long}
        return "; ".join(f"{path}: {counts.long:,} of {counts.records:,}" for path, counts in long.items())

    def nothing_left(self) -> list[str]:
        """One line for each part that has no sequence."""
        return [
            f"{part.file.path}: none of its {part.counts.records:,} records is left ("
            + (f"{part.counts.long:,} too long, " if part.cut is None else "")
            + f"{part.counts.unknown:,} with unknown residues, {part.counts.repeats:,} repeats)"
            for part in self.parts.values()
            if not len(part)
        ]


def build_index(files: Mapping[str, tuple[SequenceFile, Reader]], rules: Rules) -> Index:
    """Look through files once.

    A sequence that occurs again, in whatever part, is used once, where it comes first; so no two parts share one.

    Args:
        files: Part -> its file and what reads records out of it, in the order in which they take sequences.
        rules: What becomes of unusual sequences.

    Returns:
        The index: 48 bytes for each sequence, and about 200 more for each while it is built.
    """
    labels: dict[str, int] = {}
    seen: dict[bytes, tuple[_Rows, int]] = {}
    parts: dict[str, _Rows] = {}
    problems: list[str] = []
    for name, (file, reader) in files.items():
        rows = parts[name] = _Rows(file, rules)
        try:
            with file.looked_through() as data:
                rows.take(reader(data), data, labels, seen)
        except InputError as error:
            said = str(error)  # what the system refuses names the file already
            rows.problems.append(said if said.startswith(f"{file.path}: ") else f"{file.path}: {said}")
        problems += rows.problems
        if len(problems) >= _MOST_PROBLEMS:
            problems = [*problems[:_MOST_PROBLEMS], "there may be more: the search ended here"]
            break
    order = sorted(labels, key=_natural)
    rank = np.zeros(len(order), np.int64)
    rank[[labels[label] for label in order]] = np.arange(len(order))
    return Index({name: rows.finished(rank) for name, rows in parts.items()}, tuple(order), tuple(problems))


@dataclass(slots=True, eq=False)
class _Rows:
    """A part while it grows."""

    file: SequenceFile
    rules: Rules
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    labels: array[int] = field(default_factory=lambda: array("q"))
    records: array[int] = field(default_factory=lambda: array("q"))
    lengths: array[int] = field(default_factory=lambda: array("q"))
    copies: array[int] = field(default_factory=lambda: array("q"))
    counts: Counts = field(default_factory=Counts)
    problems: list[str] = field(default_factory=list)

    def take(
        self, records: Iterable[Record], data: Data, labels: dict[str, int], seen: dict[bytes, tuple[_Rows, int]]
    ) -> None:
        """Sort out a file's records until it ends or there are too many problems."""
        for number, record in enumerate(records):
            self.counts.records += 1
            residues = _residues(data[record.start : record.end])
            if not self._wanted(residues, record, number, data):
                if len(self.problems) >= _MOST_PROBLEMS:
                    return
                continue
            label = labels.setdefault(record.label, len(labels))
            digest = hashlib.blake2b(residues[: self._cut], digest_size=16).digest()
            if digest in seen:
                self._repeat(*seen[digest], record, number, label, data, labels)
            else:
                seen[digest] = (self, len(self.starts))
                self._add(record, number, label, len(residues))

    def finished(self, rank: Integers) -> Part:
        columns = (self.starts, self.ends, self.labels, self.records, self.lengths, self.copies)
        starts, ends, labels, records, lengths, copies = (np.array(column, np.int64) for column in columns)
        return Part(self.file, starts, ends, rank[labels], records, lengths, copies, replace(self.counts), self._cut)

    @property
    def _cut(self) -> int | None:
        return self.rules.max_length if self.rules.long == "truncate" else None

    def _wanted(self, residues: bytes, record: Record, number: int, data: Data) -> bool:
        """Whether a sequence is used; problems and counts are kept."""
        foreign = residues.translate(None, _STANDARD)
        wrong = foreign if self.rules.unknown == "refuse" else foreign.translate(None, _ALL)
        if wrong or not residues:
            self.problems.append(f"{self.file.path}: {_unknown(residues, wrong, record, number, data)}")
            return False
        if foreign and self.rules.unknown == "drop":
            self.counts.unknown += 1
            return False
        if self.rules.max_length is not None and len(residues) > self.rules.max_length:
            self.counts.long += 1
            return self.rules.long == "truncate"
        return True

    def _add(self, record: Record, number: int, label: int, length: int) -> None:
        self.starts.append(record.start)
        self.ends.append(record.end)
        self.labels.append(label)
        self.records.append(number)
        self.lengths.append(length)
        self.copies.append(1)

    def _repeat(
        self, rows: _Rows, row: int, record: Record, number: int, label: int, data: Data, labels: Mapping[str, int]
    ) -> None:
        if rows.labels[row] == label:
            rows.copies[row] += 1
            self.counts.repeats += 1
            return
        other = next(name for name, place_of in labels.items() if place_of == rows.labels[row])
        where = f"record {rows.records[row]}" + ("" if rows is self else f" of {rows.file.path}")
        cut = "" if self._cut is None else f", cut to {self._cut} residues,"
        self.problems.append(
            f"{self.file.path}: record {number} ({place(data, record.begin)}, {record.name}){cut} has the sequence of "
            f"{where} (its residues begin at byte {rows.starts[row]}), but its label is {record.label!r}, not {other!r}"
        )


def _residues(text: bytes) -> bytes:
    """Without white space, in upper case."""
    return text.translate(None, _WHITE).upper()


def _unknown(residues: bytes, wrong: bytes, record: Record, number: int, data: Data) -> str:
    what = f"record {number} ({record.name})"
    if not residues:
        return f"{what}, {place(data, record.begin)}, has no residues"
    position = min(residues.index(bytes([byte])) for byte in set(wrong))
    offset = _offset(data, record, position)
    symbol = chr(residues[position]) if residues[position] < 128 else bytes([residues[position]])
    known = isinstance(symbol, str) and symbol in AMBIGUOUS
    hint = "set params.unknown to 'keep' or 'drop'" if known else "it stands for no amino acid"
    return f"{what}, {place(data, offset)}: unknown residue {symbol!r} at position {position + 1}; {hint}"


def _offset(data: Data, record: Record, position: int) -> int:
    """Byte of a residue, from 0."""
    seen = -1
    for offset in range(record.start, record.end):
        seen += data[offset] not in _WHITE
        if seen == position:
            return offset
    raise IndexError(position)


def _natural(label: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts a.2 before a.10."""
    pieces: list[tuple[int, int, str]] = []
    for character in label:
        digit = character in "0123456789"
        if digit and pieces and pieces[-1][0] == 0:
            pieces[-1] = (0, pieces[-1][1] * 10 + int(character), "")
        else:
            pieces.append((0, int(character), "") if digit else (1, 0, character))
    return pieces, label
