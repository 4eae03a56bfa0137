"""Proteins of a local file as sequences: which fold is it?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from synthkit.errors import InputError
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.protein_records import Protein, content_hash, parts_of, read_proteins
from synthkit.generators.text import exact_match, measured_names, measured_numbers, no_explanations, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict

__all__ = ["ProteinFile", "ProteinFileParams"]

# What a split is called -> what TAPE calls its file; any other name is the file's own.
_TAPE_NAMES = {"validation": "valid", "test": "test_fold_holdout"}
_SCOP_FOLD = r"\b([a-z]\.\d+)(?:\.\d+)*\b"


class ProteinFileParams(Record):
    """Settings of a dataset of proteins from a file.

    Attributes:
        path: A FASTA file (also .gz), a .json or .jsonl with the fields of TAPE's remote homology data, or a folder of
            ``remote_homology_{train,valid,test_fold_holdout,...}.json``: the split ``train`` then comes from ``train``,
            ``validation`` from ``valid``, ``test`` from ``test_fold_holdout``, any other from the file of its name.
        label: For FASTA, a regular expression whose first group is the class, searched in the header; the default finds
            the fold of a SCOP classification (``a.1.1.2`` has the fold ``a.1``). For JSON, the field of the class;
            the default there is ``fold_label``.
        ambiguous: ``refuse`` or ``keep`` the residues B, J, O, U, X and Z.
        max_length: Most residues; None for no limit.
        longer: What to do with longer sequences: ``refuse`` the file, ``drop`` them (their number is noted on the
            card), or ``truncate`` them to their start.
        spacing: ``spaced``: residues with spaces between; ``joined``: without.
        sha256: Hash of the content, to be sure that it is the same everywhere; the error without it names the right
            one. Empty for no check.
    """

    path: str = ""
    label: str = ""
    ambiguous: Literal["refuse", "keep"] = "refuse"
    max_length: int | None = Field(default=None, ge=1)
    longer: Literal["refuse", "drop", "truncate"] = "refuse"
    spacing: Literal["spaced", "joined"] = "spaced"
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")


class ProteinFile:
    """The generator ``protein_file``.

    Equal sequences are one example: two splits must not share one. Where a test or validation file has a sequence that
    a training file has too, it stays in the former. How many were left out for it is noted on the card.
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
    def _part_of(self) -> dict[str, str]:
        """Split -> the part of the source that it comes from."""
        parts = parts_of(Path(self._params.path))
        if list(parts) == ["all"]:
            return dict.fromkeys(self._recipe.split_names, "all")
        found = {
            split: split if split in parts else _TAPE_NAMES.get(split, split) for split in self._recipe.split_names
        }
        for split, part in found.items():
            if part not in parts:
                raise InputError(f"splits.{split}: no file remote_homology_{part}.json; there are: {', '.join(parts)}")
        return found

    @cached_property
    def _loaded(self) -> tuple[dict[str, list[Protein]], tuple[str, ...]]:
        """Part -> its records, each sequence once; and what to note of the rest."""
        files, notes = parts_of(Path(self._params.path)), []
        records = {part: self._read(files[part]) for part in sorted(set(self._part_of.values()), key=_precedence)}
        seen: dict[str, Protein] = {}
        kept: dict[str, list[Protein]] = {}
        repeated = dropped = cut = 0
        for part, proteins in records.items():
            kept[part] = []
            for protein in proteins:
                sequence = protein.sequence
                if self._params.max_length is not None and len(sequence) > self._params.max_length:
                    if self._params.longer == "drop":
                        dropped += 1
                        continue
                    cut += 1
                    sequence = sequence[: self._params.max_length]
                other = seen.get(sequence)
                if other is not None:
                    _refuse_contradiction(protein, other)
                    repeated += 1
                    continue
                seen[sequence] = protein
                kept[part].append(Protein(protein.name, protein.label, sequence, protein.where))
        limit = self._params.max_length
        if repeated:
            notes.append(f"{repeated} sequences occur more than once in the source and were left out but for one.")
        if dropped:
            notes.append(f"{dropped} sequences of more than {limit} residues were left out: no accuracy counts them.")
        if cut:
            notes.append(f"{cut} sequences were cut to their first {limit} residues.")
        return kept, tuple(notes)

    def _read(self, file: Path) -> tuple[Protein, ...]:
        is_json = file.name.removesuffix(".gz").endswith((".json", ".jsonl"))
        label = self._params.label or ("fold_label" if is_json else _SCOP_FOLD)
        return read_proteins(file, label, keep_ambiguous=self._params.ambiguous == "keep")

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return tuple(sorted({p.label for part in self._loaded[0].values() for p in part}, key=lambda x: (len(x), x)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or cut, with numbers."""
        return self._loaded[1]

    @property
    def _longest(self) -> int:
        return max((len(p.sequence) for part in self._loaded[0].values() for p in part), default=1)

    @property
    def layout(self) -> TextLayout:
        sizes = [len(p.sequence) for part in self._loaded[0].values() for p in part]
        width = 2 if self._params.spacing == "spaced" else 1
        return TextLayout(False, self._labels, width * sum(sizes) // max(len(sizes), 1) + 60)

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        return (
            measured_names("label", "The class", self._labels),
            measured_numbers("length", "Residues", low=1, high=self._longest),
        )

    def problems(self) -> list[str]:
        if not self._params.path:
            return [
                "params.path: is missing: name a FASTA file, or TAPE's remote homology JSON: --set params.path=FILE"
            ]
        try:
            re.compile(self._params.label)
            found = content_hash(Path(self._params.path))
            if self._params.sha256 and self._params.sha256 != found:
                return [f"params.sha256: the content of {self._params.path} has {found}, not {self._params.sha256}"]
            return self._length_problems()
        except InputError as error:
            return [str(error)]
        except re.error as error:
            return [f"params.label: is no regular expression: {error}"]
        except OSError as error:
            return [f"params.path: {self._params.path}: {error.strerror or error}"]

    def _length_problems(self) -> list[str]:
        limit = self._params.max_length
        if limit is not None and self._params.longer == "refuse":
            files = parts_of(Path(self._params.path))
            parts = sorted(set(self._part_of.values()))
            sizes = [len(p.sequence) for part in parts for p in self._read(files[part])]
            longer = sum(size > limit for size in sizes)
            if longer:
                return [
                    f"params.max_length: {longer} of {len(sizes)} sequences have more than {limit} residues (up to "
                    f"{max(sizes)}); params.longer = 'drop' or 'truncate' says what to do with them"
                ]
        empty = [part for part, proteins in self._loaded[0].items() if not proteins]
        return [f"params.path: no sequence is left of {part!r}" for part in empty]

    def pools(self) -> Mapping[str, Pool]:
        return {split: Pool(part, len(self._loaded[0][part])) for split, part in self._part_of.items()}

    def make(self, rows: Rows) -> TextBatch:
        if rows.item is None:
            raise TypeError("rows of this generator have items")
        part = self._loaded[0][self._part_of[rows.split]]
        proteins = [part[item] for item in rows.item.tolist()]
        place = {label: level for level, label in enumerate(self._labels)}
        found = {
            "label": np.array([place[p.label] for p in proteins], np.int64),
            "length": np.array([len(p.sequence) for p in proteins], np.int64),
        }
        join = " ".join if self._params.spacing == "spaced" else "".join
        texts = Strings.of([join(p.sequence) for p in proteins])
        targets = Strings.of([p.label for p in proteins])
        return TextBatch(with_measured(rows, self.measured, found), self.layout, texts, targets)

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the class is named, else 0.0."""
        return exact_match(prediction, example)

    def explain(self, example: TextExample) -> str | None:  # noqa: ARG002
        return None

    def check(self, explanation: str, example: TextExample) -> Verdict:  # noqa: ARG002
        return no_explanations()


def _precedence(part: str) -> tuple[int, str]:
    """Tests keep a sequence that others have too, training keeps it last."""
    return (0 if part.startswith("test") else 1 if part == "valid" else 2, part)


def _refuse_contradiction(protein: Protein, other: Protein) -> None:
    if protein.label != other.label:
        raise InputError(
            f"{protein.where}: {protein.name!r} has the sequence of {other.name!r} ({other.where}), but the class "
            f"{protein.label!r} instead of {other.label!r}"
        )
