"""Protein families: a fold is a hidden sequence, and its members are what evolution might make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from synthkit.generators.amino_acids import background_thresholds, residues, substitution_thresholds
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.text import (
    exact_match,
    measured_names,
    measured_numbers,
    no_explanations,
    with_measured,
)
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict
from synthkit.seeds import attempt_words, derive_key, split_word

__all__ = ["ProteinFamilies", "ProteinFamiliesParams", "fold_profiles"]

_GAP = 8  # longest insertion or deletion
_WORDS = 4 + _GAP  # random words a position: kept, replaced by, deleted, inserted, and what is inserted
_ALIKE = 0.35  # two profiles with a larger share of equal positions are too similar


class ProteinFamiliesParams(Record):
    """Settings of a protein family dataset. The second part holds the value of each factor that the recipe fixes.

    Attributes:
        folds: Number of folds, the classes.
        profile_min: Shortest profile.
        profile_max: Longest profile.
        spacing: ``spaced``: residues with spaces between; ``joined``: without.
        fold: The fold of all examples, from 0; None draws it, each equally likely.
        identity: Probability that an aligned residue is that of the profile; others are replaced after BLOSUM62.
        insertion_rate: Probability of an insertion behind a position, 1 to 8 residues, each length half as likely as
            the one before.
        deletion_rate: Probability that a deletion begins at a position, of the same lengths.
    """

    folds: int = Field(default=20, ge=2, le=1000)
    profile_min: int = Field(default=60, ge=10, le=2000)
    profile_max: int = Field(default=120, ge=10, le=2000)
    spacing: Literal["spaced", "joined"] = "spaced"

    fold: int | None = Field(default=None, ge=0, lt=1000)
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


class ProteinFamilies:
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
        self._fold_key = derive_key(recipe.seed, recipe.name, "fold")
        self._names = tuple(f"fold{number:0{len(str(params.folds - 1))}d}" for number in range(params.folds))
        profile_key = derive_key(recipe.seed, recipe.name, "profiles")
        self._profiles, self._lengths = fold_profiles(profile_key, params.folds, params.profile_min, params.profile_max)

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        width = 2 if self._params.spacing == "spaced" else 1
        return TextLayout(False, self._names, width * (self._params.profile_min + self._params.profile_max) // 2 + 60)

    @property
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
            measured_numbers("length", "Residues", low=1, high=most * (1 + _GAP)),
            measured_numbers("inserted", "Inserted residues", low=0, high=most * _GAP),
            measured_numbers("deleted", "Deleted residues of the profile", low=0, high=most),
        )

    def problems(self) -> list[str]:
        for factor in self._recipe.factors:
            if factor.name == "fold" and factor.extremes is not None and factor.extremes[1] >= self._params.folds:
                most = factor.extremes[1]
                return [f"factors.fold: must be below params.folds ({self._params.folds}), not {most:g}"]
        return []

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def make(self, rows: Rows) -> TextBatch:
        fold = self._folds(rows)
        positions = self._profiles.shape[1]
        attempt = np.zeros(len(rows), np.uint32) if rows.attempt is None else rows.attempt
        words = attempt_words(self._key, split_word(rows.split), rows.index, attempt, positions * _WORDS)
        words = words.reshape(len(rows), positions, _WORDS)
        inside = np.arange(positions)[None, :] < self._lengths[fold][:, None]
        aligned = inside & ~_deleted(words[:, :, 2], self._rate(rows, "deletion_rate"))
        # A sequence of which nothing is left keeps its first position.
        aligned[:, 0] |= ~aligned.any(axis=1)
        profile = self._profiles[fold]
        kept = words[:, :, 0] < self._rate(rows, "identity")
        member = np.where(kept, profile, _replaced(profile, words[:, :, 1]))
        count = np.where(inside & (words[:, :, 3] < self._rate(rows, "insertion_rate")), _gap_length(words[:, :, 3]), 0)
        inserted = np.searchsorted(background_thresholds(), words[:, :, 4:], side="right").astype(np.uint8)
        texts = self._written(member, aligned, inserted, count)
        found = {
            "label": fold,
            "identity_measured": _permille((aligned & kept).sum(axis=1), aligned.sum(axis=1)),
            "length": aligned.sum(axis=1) + count.sum(axis=1),
            "inserted": count.sum(axis=1),
            "deleted": (inside & ~aligned).sum(axis=1),
        }
        targets = Strings.of([self._names[number] for number in fold.tolist()])
        return TextBatch(with_measured(rows, self.measured, found), self.layout, Strings.of(texts), targets)

    def _folds(self, rows: Rows) -> npt.NDArray[np.int64]:
        if "fold" in rows.values:
            return rows.values["fold"].astype(np.int64)
        if self._params.fold is not None:
            return np.full(len(rows), self._params.fold, np.int64)
        none = np.zeros(len(rows), np.uint32)
        words = attempt_words(self._fold_key, split_word(rows.split), rows.index, none, 1)[:, 0]
        return ((words.astype(np.uint64) * np.uint64(self._params.folds)) >> np.uint64(32)).astype(np.int64)

    def _rate(self, rows: Rows, name: str) -> npt.NDArray[np.uint64]:
        """A probability of each row as a share of 2^32, uint64 [n, 1]."""
        values = np.asarray(rows.values.get(name, np.full(len(rows), getattr(self._params, name))), np.float64)
        return np.floor(values * 2.0**32).astype(np.uint64)[:, None]

    def _written(
        self,
        member: npt.NDArray[np.uint8],
        aligned: npt.NDArray[np.bool_],
        inserted: npt.NDArray[np.uint8],
        count: npt.NDArray[np.int64],
    ) -> list[str]:
        """Each position's residue, if it is not deleted, then what is inserted behind it."""
        symbols = np.concatenate([member[:, :, None], inserted], axis=2)
        there = np.concatenate([aligned[:, :, None], np.arange(_GAP) < count[:, :, None]], axis=2)
        spaces = self._params.spacing == "spaced"
        texts = [residues(row[mask]) for row, mask in zip(symbols, there, strict=True)]
        return [" ".join(text) for text in texts] if spaces else texts

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the fold is named, else 0.0."""
        return exact_match(prediction, example)

    def explain(self, example: TextExample) -> str | None:  # noqa: ARG002
        return None

    def check(self, explanation: str, example: TextExample) -> Verdict:  # noqa: ARG002
        return no_explanations()


def fold_profiles(
    key: int, folds: int, shortest: int, longest: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Profiles with lengths drawn evenly; one that resembles an earlier one is drawn again.

    Returns:
        uint8 [folds, longest], residues 0 to 19, and int64 [folds], how many of them count.
    """
    profiles = np.zeros((folds, longest), np.uint8)
    lengths = np.zeros(folds, np.int64)
    for fold in range(folds):
        attempt = 0
        while True:
            where = np.array([fold]), np.array([attempt], np.uint32)
            words = attempt_words(key, 0, *where, longest + 1)[0]
            lengths[fold] = shortest + ((int(words[0]) * (longest - shortest + 1)) >> 32)
            profiles[fold] = np.searchsorted(background_thresholds(), words[1:], side="right")
            both = np.arange(longest)[None, :] < np.minimum(lengths[:fold], lengths[fold])[:, None]
            alike = ((profiles[:fold] == profiles[fold]) & both).sum(axis=1) / both.sum(axis=1)
            if not (alike > _ALIKE).any() or attempt == 1000:
                break
            attempt += 1
    return profiles, lengths


def _gap_length(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """1 to 8, each half as likely as the one before (8 as likely as 7), from the lowest bits of the words."""
    low = words & np.uint32(0x7F)
    length = np.full(words.shape, _GAP, np.int64)
    for bit in reversed(range(_GAP - 1)):
        length = np.where((low >> np.uint32(bit)) & np.uint32(1), bit + 1, length)
    return length


def _deleted(words: npt.NDArray[np.uint32], rate: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Positions [n, L] that lie in a deletion, each begun with the rate of its row."""
    place = np.arange(words.shape[1])[None, :]
    ends = np.where(words < rate, place + _gap_length(words), 0)
    return np.asarray(np.maximum.accumulate(ends, axis=1) > place)


def _replaced(profile: npt.NDArray[np.uint8], words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """What replaces each residue, never the residue itself."""
    found = np.zeros(profile.shape, np.uint8)
    for k in range(substitution_thresholds().shape[1]):
        found += (words >= substitution_thresholds()[:, k][profile]).astype(np.uint8)
    return found


def _permille(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """1000 part / whole, rounded half up."""
    return (2000 * part + whole) // (2 * whole)
