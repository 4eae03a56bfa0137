"""English sentences by a grammar: which word stands at a place?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.ragged import joined
from synthkit.generators.spoken.lexicon import SHARES
from synthkit.generators.spoken.sentences import DRAWN_WORDS, grammar_sentence
from synthkit.generators.spoken.structures import MAX_WORDS, MIN_WORDS
from synthkit.generators.text import Unexplained, exact_match, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, TextBatch, TextExample, TextLayout
from synthkit.seeds import attempt_words, derive_key, split_word

__all__ = ["SentencesParams", "WordRecall"]

_VOCABULARIES = tuple(SHARES)


class SentencesParams(Record):
    """Settings of a dataset of sentences.

    Attributes:
        min_words: Fewest words of a sentence.
        max_words: Most words of a sentence.
        vocabulary: How many words of each kind there are to choose from.
    """

    min_words: int = Field(default=4, ge=MIN_WORDS, le=MAX_WORDS)
    max_words: int = Field(default=12, ge=MIN_WORDS, le=MAX_WORDS)
    vocabulary: Literal["small", "medium", "large"] = "large"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError(f"min_words: {self.min_words} is more than max_words, {self.max_words}")
        return self


class WordRecall(Unexplained):
    """The generator ``sentences``.

    The number of words is uniform, the sentence drawn by the grammar of the speech recipes, the place uniform among its
    words; the answer is the word at that place, counted from 1.
    """

    name: ClassVar[str] = "sentences"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "attempts"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = SentencesParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {}

    def __init__(self, recipe: Recipe, params: SentencesParams) -> None:
        self._params = params
        self._key = derive_key(recipe.seed, recipe.name, "sentences")

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        return TextLayout(False, None, 7 * self._params.max_words + 20)

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        p = self._params
        return (
            measured_numbers("words", "Words of the sentence", low=p.min_words, high=p.max_words),
            measured_numbers("place", "Which word is asked for", low=1, high=p.max_words),
        )

    def problems(self) -> list[str]:
        return []

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def make(self, rows: Rows) -> TextBatch:
        attempts = np.zeros(len(rows), np.uint32) if rows.attempt is None else rows.attempt
        drawn = attempt_words(self._key, split_word(rows.split), rows.index, attempts, DRAWN_WORDS + 2)
        p = self._params
        questions, answers = [], []
        counts, places = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        for row, words in enumerate(drawn.tolist()):
            count = p.min_words + (words[0] * (p.max_words - p.min_words + 1) >> 32)
            sentence = grammar_sentence(count, p.vocabulary, words[2:])
            place = words[1] * count >> 32
            questions.append(f"{' '.join(sentence)} : {place + 1}".encode())
            answers.append(sentence[place].encode())
            counts[row], places[row] = count, place + 1
        columns: dict[str, npt.NDArray[Any]] = {"words": counts, "place": places}
        measured = with_measured(rows, self.measured, columns)
        return TextBatch(measured, self.layout, joined(questions), joined(answers))

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the prediction is the target."""
        return exact_match(prediction, example)
