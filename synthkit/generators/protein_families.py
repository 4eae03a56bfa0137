"""Protein families: a fold is a hidden sequence, and its members are what evolution might make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from synthkit.errors import InputError
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.proteins import LONGEST_GAP, Members, Rates, evolve, fold_profiles, residue_texts
from synthkit.generators.proteins.evolution import WORDS
from synthkit.generators.resolve import extreme_field
from synthkit.generators.text import Unexplained, exact_match, measured_names, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout
from synthkit.seeds import attempt_words, derive_key, philox_words, split_word

__all__ = ["ProteinFamilies", "ProteinFamiliesParams"]

_ALIKE = 0.35  # two profiles with a larger share of equal positions are too similar
_AT_ONCE = 2**17  # positions; about 100 bytes each while they are worked on


class ProteinFamiliesParams(Record):
    """Settings of a protein family dataset. The second part holds the value of each factor that the recipe fixes.

    Attributes:
        folds: Number of folds, the classes.
        profile_min: Shortest profile, residues.
        profile_max: Longest profile, residues.
        spacing: ``spaced``: residues with spaces between; ``joined``: without.
        fold: The fold of all examples, from 0; None draws it, each equally likely.
        identity: Probability that an aligned residue is that of the profile; others are replaced after BLOSUM62.
        insertion_rate: Probability of an insertion behind a position, 1 to 8 residues, each length half as likely as
            the one before.
        deletion_rate: Probability that a deletion begins at a position, of the same lengths.
    """

    folds: int = Field(default=20, ge=2, le=2000)
    profile_min: int = Field(default=60, ge=10, le=2000)
    profile_max: int = Field(default=120, ge=10, le=2000)
    spacing: Literal["spaced", "joined"] = "spaced"

    fold: int | None = Field(default=None, ge=0, lt=2000)
    identity: float = Field(default=0.6, ge=0, le=1)
    insertion_rate: float = Field(default=0.02, ge=0, le=0.5)
    deletion_rate: float = Field(default=0.02, ge=0, le=0.5)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.profile_min > self.profile_max:
            raise ValueError(f"profile_min: must be <= profile_max ({self.profile_max}), not {self.profile_min}")
        if self.fold is not None and self.fold >= self.folds:
            raise ValueError(f"fold: must be below folds ({self.folds}), not {self.fold}")
        return self


class ProteinFamilies(Unexplained):
    """The generator ``protein_families``: which fold is a sequence of?"""

    name: ClassVar[str] = "protein_families"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "attempts"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = ProteinFamiliesParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "fold": FactorSpec("1", "The hidden profile, from 0", low=0, whole=True),
        "identity": FactorSpec("1", "Probability that an aligned residue is that of the profile", low=0, high=1),
        "insertion_rate": FactorSpec("1", "Probability of an insertion behind a position", low=0, high=0.5),
        "deletion_rate": FactorSpec("1", "Probability that a deletion begins at a position", low=0, high=0.5),
    }

    def __init__(self, recipe: Recipe, params: ProteinFamiliesParams) -> None:
        self._recipe = recipe
        self._params = params
        self._key = derive_key(recipe.seed, recipe.name, "members")
        self._gap_key = derive_key(recipe.seed, recipe.name, "insertions")
        self._fold_key = derive_key(recipe.seed, recipe.name, "fold")
        width = len(str(params.folds - 1))
        self._names = tuple(f"fold{number:0{width}d}" for number in range(params.folds))

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @cached_property
    def _profiles(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        key, p = derive_key(self._recipe.seed, self._recipe.name, "profiles"), self._params
        return fold_profiles(key, p.folds, p.profile_min, p.profile_max, _ALIKE)

    @property
    def layout(self) -> TextLayout:
        p = self._params
        width = 2 if p.spacing == "spaced" else 1
        middle = width * (p.profile_min + p.profile_max) // 2
        return TextLayout(rationale=False, labels=self._names, bytes_per_example=middle + len(self._names[0]))

    @cached_property
    def measured(self) -> tuple[FactorInfo, ...]:
        most = self._params.profile_max
        return (
            measured_names("label", "The fold", self._names),
            measured_numbers(
                "identity_measured",
                "Aligned residues that are those of the profile",
                low=0,
                high=1000,
                unit="1/1000",
                kind="continuous",
            ),
            measured_numbers("length", "Residues", low=1, high=most * (1 + LONGEST_GAP)),
            measured_numbers("inserted", "Inserted residues", low=0, high=most * LONGEST_GAP),
            measured_numbers("deleted", "Deleted residues of the profile", low=0, high=most),
        )

    def problems(self) -> list[str]:
        for factor in self._recipe.factors:
            if factor.name == "fold" and factor.extremes is not None and factor.extremes[1] >= self._params.folds:
                path, most = extreme_field(factor, largest=True), factor.extremes[1]
                return [f"{path}: must be below params.folds ({self._params.folds}), not {most:g}"]
        try:
            self._profiles  # noqa: B018
        except InputError as error:
            return [f"params.folds: {error}"]
        return []

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def make(self, rows: Rows) -> TextBatch:
        folds = self._folds(rows)
        members = self._members(rows, folds)
        found = {
            "label": folds,
            "identity_measured": (2000 * members.kept + members.aligned) // (2 * members.aligned),
            "length": members.lengths,
            "inserted": members.inserted,
            "deleted": members.deleted,
        }
        return TextBatch(
            rows=with_measured(rows, self.measured, found),
            layout=self.layout,
            input=residue_texts(members.letters, members.lengths, spaced=self._params.spacing == "spaced"),
            target=Strings.of([self._names[number] for number in folds.tolist()]),
        )

    def _folds(self, rows: Rows) -> npt.NDArray[np.int64]:
        if "fold" in rows.values:
            return rows.values["fold"].astype(np.int64)
        if self._params.fold is not None:
            return np.full(len(rows), self._params.fold, np.int64)
        # Of the index alone: a fold whose members are refused more often must not become rarer.
        words = philox_words(self._fold_key, split_word(rows.split), rows.index)[:, 0]
        return ((words.astype(np.uint64) * np.uint64(self._params.folds)) >> np.uint64(32)).astype(np.int64)

    def _members(self, rows: Rows, folds: npt.NDArray[np.int64]) -> Members:
        """Made a part at a time, so that a batch needs little more memory than its texts."""
        size = max(_AT_ONCE // self._profiles[0].shape[1], 1)
        parts = [self._part(rows, folds, slice(k, k + size)) for k in range(0, max(len(rows), 1), size)]
        return Members(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Members)))

    def _part(self, rows: Rows, folds: npt.NDArray[np.int64], part: slice) -> Members:
        profiles, lengths = self._profiles
        index, split, positions = rows.index[part], split_word(rows.split), profiles.shape[1]
        attempt = np.zeros(len(index), np.uint32) if rows.attempt is None else rows.attempt[part]
        words = attempt_words(self._key, split, index, attempt, positions * WORDS)
        counters = index + (attempt.astype(np.int64) << np.int64(32))

        def gap_words(member: npt.NDArray[np.int64], position: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
            blocks = (2 * position[:, None] + np.arange(2)).astype(np.uint32).ravel()
            return philox_words(self._gap_key, split, np.repeat(counters[member], 2), blocks).reshape(-1, LONGEST_GAP)

        return evolve(
            profiles[folds[part]],
            lengths[folds[part]],
            words.reshape(len(index), positions, WORDS),
            Rates(*(self._rate(rows, name)[part] for name in ("identity", "insertion_rate", "deletion_rate"))),
            gap_words,
        )

    def _rate(self, rows: Rows, name: str) -> npt.NDArray[np.uint64]:
        """A probability of each row, in parts of 2^32."""
        fixed = np.full(len(rows), getattr(self._params, name))
        return np.floor(np.asarray(rows.values.get(name, fixed), np.float64) * 2.0**32).astype(np.uint64)

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the fold is named, else 0.0."""
        return exact_match(prediction, example)
