"""The questions of a dataset: which corpus, which of its parts for each split, and what is measured of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from synthkit.errors import InputError
from synthkit.generators.corpora.base import WHOLE, Corpus, Item, Licensed
from synthkit.generators.corpora.grammar import LICENSED, grammar_corpus
from synthkit.generators.corpora.source import SourceOptions, licensed, open_corpus
from synthkit.generators.inference.grammar import MOST_DISTRACTORS
from synthkit.generators.rationale.words import words_of
from synthkit.generators.text import measured_names, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows
from synthkit.seeds import derive_key

__all__ = ["CorpusParams", "Questions"]

Distractors = Annotated[int, Field(ge=0, le=MOST_DISTRACTORS)]


class CorpusParams(Record):
    """Which corpus.

    Attributes:
        corpus: ``grammar``: inferences of our own grammar, whose evidence is known. Or a published one, from files.
        source: Folder of a published corpus, or ``hf:NAME`` for the package datasets.
        rounds: Rounds of ANLI; empty for all that there are.
        items: How many inferences of the grammar there are to take from.
        distractors: Fewest and most sentences of a premise of the grammar that do not matter.
    """

    corpus: Literal["grammar", "anli", "esnli", "commonsense_qa", "svamp"] = "grammar"
    source: str = ""
    rounds: tuple[int, ...] = Field(default=(), strict=False)
    items: int = Field(default=2400, ge=1, le=1_000_000)
    distractors: tuple[Distractors, Distractors] = Field(default=(0, 2), strict=False)

    @model_validator(mode="after")
    def _fits_the_corpus(self) -> Self:
        if self.corpus == "grammar" and self.source:
            raise ValueError("source: the grammar needs none; name the corpus that it is, e.g. corpus = 'anli'")
        if self.rounds and self.corpus != "anli":
            raise ValueError("rounds: only ANLI has rounds")
        if self.distractors[0] > self.distractors[1]:
            raise ValueError(f"distractors: {self.distractors[0]} is more than {self.distractors[1]}")
        return self


class Questions:
    """Questions of a corpus, bound to a recipe.

    Args:
        recipe: Its splits take the parts of the corpus; its seed and name draw the grammar's.
        params: Which corpus.
    """

    def __init__(self, recipe: Recipe, params: CorpusParams) -> None:
        self._recipe, self._params = recipe, params

    @cached_property
    def corpus(self) -> Corpus:
        """All that the corpus has.

        Raises:
            InputError: It is not to be had, or not as published.
        """
        p = self._params
        if p.corpus == "grammar":
            return grammar_corpus(p.items, derive_key(self._recipe.seed, self._recipe.name, "corpus"), p.distractors)
        return open_corpus(p.corpus, p.source, self._recipe.split_names, SourceOptions(p.rounds))

    @property
    def _licensed(self) -> Licensed:
        return LICENSED if self._params.corpus == "grammar" else licensed(self._params.corpus)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, and what a user should know of the licence."""
        note = self._licensed.note
        return (*self.corpus.notes, *((note,) if note else ()))

    def recipe_problems(self) -> list[str]:
        """What the recipe must state and does not; the corpus is not opened."""
        wanted, found = self._licensed, []
        if self._recipe.license != wanted.license:
            found.append(
                f"license: must be {wanted.license!r}, the licence of the source {self._params.corpus}, not "
                f"{self._recipe.license!r}: what is made of it is passed on under it"
            )
        if self._params.corpus != "grammar" and wanted.citation not in self._recipe.citation:
            found.append(f"citation: must name the source: {wanted.citation}")
        return found

    def corpus_problems(self) -> list[str]:
        """Why the corpus cannot be opened; empty where it can."""
        try:
            _ = self.corpus
        except InputError as error:
            return [f"params.source: {error}" if self._params.corpus != "grammar" else str(error)]
        return []

    @cached_property
    def measured(self) -> tuple[FactorInfo, ...]:
        """Factors that are measured: kind of the question and right answer, where there are such, and words."""
        corpus = self.corpus
        longest = max(len(words_of(item.text)) for items in corpus.parts.values() for item in items)
        found = [measured_numbers("words", "Words of the input", low=0, high=longest)]
        if corpus.kinds:
            found.insert(0, measured_names("phenomenon", "Kind of the question", corpus.kinds))
        if corpus.labels:
            found.insert(0, measured_names("label", "The right answer", corpus.labels))
        return tuple(found)

    def pools(self) -> Mapping[str, Pool]:
        """What each split draws its items from."""
        parts = self.corpus.parts
        whole = WHOLE in parts
        return {s: Pool(WHOLE if whole else s, len(parts[WHOLE if whole else s])) for s in self._recipe.split_names}

    def items(self, rows: Rows) -> list[Item]:
        """The questions of rows.

        Raises:
            InputError: The rows have no items.
        """
        if rows.item is None:
            raise InputError(f"{self._recipe.generator}: rows need an item each")
        parts = self.corpus.parts
        part = parts[WHOLE] if WHOLE in parts else parts[rows.split]
        return [part[number] for number in rows.item.tolist()]

    def with_measures(self, rows: Rows, items: list[Item]) -> Rows:
        """The rows with their measured factors."""
        corpus = self.corpus
        measures: dict[str, list[Any]] = {"words": [len(words_of(item.text)) for item in items]}
        if corpus.kinds:
            measures["phenomenon"] = [corpus.kinds.index(item.kind) for item in items]
        if corpus.labels:
            measures["label"] = [corpus.labels.index(item.target) for item in items]
        return with_measured(rows, self.measured, {name: np.array(values) for name, values in measures.items()})
