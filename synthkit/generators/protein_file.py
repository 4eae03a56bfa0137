"""Proteins out of files, to be told apart by fold: FASTA, and TAPE's remote homology as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from synthkit.errors import InputError
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.proteins import (
    WHOLE,
    Index,
    Part,
    Rules,
    SequenceFile,
    build_index,
    files_hash,
    find_files,
    is_fasta,
    label_finder,
    reader_of,
    residue_texts,
)
from synthkit.generators.text import Unexplained, exact_match, measured_names, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout

__all__ = ["ProteinFile", "ProteinFileParams"]


class ProteinFileParams(Record):
    """Settings of a dataset of proteins from files.

    Attributes:
        path: A file (``.fasta``, ``.fa``, ``.faa``, ``.json``, ``.jsonl``, ``.ndjson``, each also with ``.gz``), shared
            out among the splits, or a folder with a file for each split, named after it or as TAPE names it.
        sha256: What the file must hash to; for a folder, the lines that ``sha256sum`` prints for the splits' files,
            sorted by name. Empty for anything.
        level: What is asked for, a level of SCOP: which part of a classification such as ``a.1.1.2``, which label of
            TAPE.
        label_pattern: Regular expression for the label in a FASTA header; empty for ``fold=NAME`` (the level's name) or
            a classification as second word.
        unknown: Sequences with B, J, O, U, X or Z are refused, kept or dropped.
        max_length: Longest sequence, residues; None for any.
        long: Longer ones are refused, dropped or truncated to ``max_length``.
        spacing: ``spaced``: residues with spaces between; ``joined``: without.
        open_end: The last line of a FASTA file needs no line end; without one it is taken for truncated otherwise.
    """

    path: str = ""
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    level: Literal["class", "fold", "superfamily", "family"] = "fold"
    label_pattern: str = ""
    unknown: Literal["refuse", "keep", "drop"] = "refuse"
    max_length: int | None = Field(default=None, ge=1)
    long: Literal["refuse", "drop", "truncate"] = "refuse"
    spacing: Literal["spaced", "joined"] = "spaced"
    open_end: bool = False


class ProteinFile(Unexplained):
    """The generator ``protein_file``: which fold is a real sequence of?

    A sequence that occurs more than once, in one file or several, is one item; so no two splits share one.
    """

    name: ClassVar[str] = "protein_file"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "items"
    Params: ClassVar[type[Record]] = ProteinFileParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {}

    def __init__(self, recipe: Recipe, params: ProteinFileParams) -> None:
        self._recipe = recipe
        self._params = params

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @cached_property
    def _files(self) -> dict[str, SequenceFile]:
        found = find_files(self._params.path, self._recipe.split_names)
        return {part: SequenceFile(path) for part, path in found.items()}

    @cached_property
    def _index(self) -> Index:
        p = self._params
        label_of = label_finder(p.level, p.label_pattern)
        readers = {
            part: (file, reader_of(file.path, p.level, label_of, open_end=p.open_end))
            for part, file in self._files.items()
        }
        return build_index(readers, Rules(p.unknown, p.max_length, p.long))

    @cached_property
    def _sound(self) -> Index:
        """The index, where nothing is wrong: a worker does not ask for `problems`, and its files may be others."""
        found = self._hash_problems() or self._content_problems()
        if found:
            raise InputError(found[0])
        return self._index

    def _part(self, split: str) -> Part:
        parts = self._sound.parts
        return parts[WHOLE] if WHOLE in parts else parts[split]

    def _parts(self) -> list[Part]:
        return list(self._sound.parts.values())

    @cached_property
    def layout(self) -> TextLayout:
        residues = sum(int(part.lengths.sum()) for part in self._parts())
        mean = residues // max(sum(map(len, self._parts())), 1)
        shown = min(mean, self._params.max_length or mean)
        width = 2 if self._params.spacing == "spaced" else 1
        labels = self._sound.labels
        return TextLayout(False, labels, width * shown + max(map(len, labels), default=0))

    @cached_property
    def measured(self) -> tuple[FactorInfo, ...]:
        """The label, where the sequence is, how long it is, and how often it occurs; what was left out is told here."""
        parts, p = self._parts(), self._params
        longest, last, most = (
            max(int(column.max()) for column in columns)
            for columns in zip(*((part.lengths, part.records, part.copies) for part in parts), strict=True)
        )
        found = [
            measured_names("label", f"The {p.level}", self._sound.labels),
            measured_numbers(
                "record", f"Record of its file, from 0. {' '.join(map(self._left_out, parts))}", low=0, high=last
            ),
            measured_numbers("length", "Residues", low=1, high=min(longest, p.max_length or longest)),
            measured_numbers("copies", "Records with this very sequence", low=1, high=most),
        ]
        if p.long == "truncate":
            cut = max(longest - (p.max_length or longest), 0)
            found.append(measured_numbers("cut", "Residues that were cut off its end", low=0, high=cut))
        return tuple(found)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, cut or folded into one, with numbers."""
        changed = [part for part in self._parts() if len(part) < part.counts.records or part.counts.long]
        return tuple(map(self._left_out, changed))

    def _left_out(self, part: Part) -> str:
        """How many records there are, and what became of them."""
        c = part.counts
        return (
            f"{part.file.path.name}: {c.records:,} records, {len(part):,} used; {c.repeats:,} repeat a sequence, "
            f"{c.long:,} too long ({'cut' if self._params.long == 'truncate' else 'left out'}), "
            f"{c.unknown:,} left out for unknown residues."
        )

    def problems(self) -> list[str]:
        p = self._params
        if (p.long != "refuse") and p.max_length is None:
            return [f"params.max_length: is missing; params.long = {p.long!r} needs it"]
        try:
            label_finder(p.level, p.label_pattern)
        except InputError as error:
            return [f"params.label_pattern: {error}"]
        try:
            return self._pattern_problems() or self._hash_problems() or self._content_problems()
        except InputError as error:
            return [f"params.path: {error}"]

    def _pattern_problems(self) -> list[str]:
        if not self._params.label_pattern:
            return []
        if self._params.level != "fold":
            return ["params.level: the label is what params.label_pattern finds; leave the level out"]
        return [
            f"params.label_pattern: is for FASTA headers, but {file.path} is JSON; leave it out, choose params.level"
            for file in self._files.values()
            if not is_fasta(file.path)
        ][:1]

    def _hash_problems(self) -> list[str]:
        wanted = self._params.sha256
        found = files_hash(self._files) if wanted else ""
        if found == wanted:
            return []
        return [f"params.sha256: {self._params.path} hashes to {found}, not {wanted}: it is not what was meant"]

    def _content_problems(self) -> list[str]:
        index, p = self._index, self._params
        if index.problems:
            return [f"params.path: {line}" for line in index.problems]
        if p.long == "refuse" and index.too_long():
            return [
                f"params.max_length: sequences have more than {p.max_length} residues ({index.too_long()}); raise it, "
                "or set params.long to 'drop' or 'truncate'"
            ]
        return [f"params.path: {line}" for line in index.nothing_left()]

    def pools(self) -> Mapping[str, Pool]:
        whole = WHOLE in self._sound.parts
        return {s: Pool(WHOLE if whole else s, len(self._part(s))) for s in self._recipe.split_names}

    def make(self, rows: Rows) -> TextBatch:
        if rows.item is None:
            raise InputError("protein_file: rows need an item each")
        part, items = self._part(rows.split), rows.item
        sequences = part.read(items)
        lengths = np.array([len(sequence) for sequence in sequences], np.int64)
        found = {
            "label": part.labels[items],
            "record": part.records[items],
            "length": lengths,
            "copies": part.copies[items],
            "cut": part.lengths[items] - lengths,
        }
        letters = np.frombuffer(b"".join(sequences), np.uint8)
        return TextBatch(
            rows=with_measured(rows, self.measured, found),
            layout=self.layout,
            input=residue_texts(letters, lengths, spaced=self._params.spacing == "spaced"),
            target=Strings.of([self._sound.labels[k] for k in found["label"].tolist()]),
        )

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the label is named, else 0.0."""
        return exact_match(prediction, example)
