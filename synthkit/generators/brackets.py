"""Nested brackets of several kinds, the Dyck languages: what closes all that is open?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.ragged import joined
from synthkit.generators.text import Unexplained, exact_match, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, TextBatch, TextExample, TextLayout
from synthkit.seeds import attempt_words, derive_key, split_word

__all__ = ["Brackets", "BracketsParams"]

_OPEN, _CLOSE = "([{<", ")]}>"
_MOST_SYMBOLS = 1024


class BracketsParams(Record):
    """Settings of a dataset of nested brackets.

    Attributes:
        kinds: Kinds of brackets, of ``() [] {} <>`` the first.
        min_symbols: Fewest symbols of a question.
        max_symbols: Most symbols of a question.
        max_depth: Most brackets that are open at once.
    """

    kinds: int = Field(default=3, ge=1, le=4)
    min_symbols: int = Field(default=8, ge=1, le=_MOST_SYMBOLS)
    max_symbols: int = Field(default=32, ge=1, le=_MOST_SYMBOLS)
    max_depth: int = Field(default=8, ge=2, le=_MOST_SYMBOLS)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_symbols > self.max_symbols:
            raise ValueError(f"min_symbols: {self.min_symbols} is more than max_symbols, {self.max_symbols}")
        return self


class Brackets(Unexplained):
    """The generator ``brackets``.

    The number of symbols is uniform. Each symbol opens or closes with equal probability, but opens where nothing is
    open and closes where ``max_depth`` brackets are; at least one is open at the end. The answer closes all, the last
    opened first: the only shortest end.
    """

    name: ClassVar[str] = "brackets"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "attempts"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = BracketsParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {}

    def __init__(self, recipe: Recipe, params: BracketsParams) -> None:
        self._params = params
        self._key = derive_key(recipe.seed, recipe.name, "brackets")

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        return TextLayout(False, None, 2 * (self._params.max_symbols + self._params.max_depth))

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        p = self._params
        deepest = min(p.max_depth, p.max_symbols)
        return (
            measured_numbers("symbols", "Symbols of the question", low=p.min_symbols, high=p.max_symbols),
            measured_numbers("depth", "Most brackets that are open at once", low=1, high=deepest),
            measured_numbers("open", "Brackets that are open at the end", low=1, high=deepest),
        )

    def problems(self) -> list[str]:
        return []

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def make(self, rows: Rows) -> TextBatch:
        attempts = np.zeros(len(rows), np.uint32) if rows.attempt is None else rows.attempt
        words = attempt_words(self._key, split_word(rows.split), rows.index, attempts, 2 * self._params.max_symbols + 1)
        questions, answers = [], []
        found: dict[str, list[int]] = {"symbols": [], "depth": [], "open": []}
        for of_row in words.tolist():
            symbols, left, depth = self._walk(of_row)
            questions.append(" ".join(symbols).encode())
            answers.append(" ".join(_CLOSE[kind] for kind in reversed(left)).encode())
            found["symbols"].append(len(symbols))
            found["depth"].append(depth)
            found["open"].append(len(left))
        columns: dict[str, npt.NDArray[Any]] = {name: np.array(values, np.int64) for name, values in found.items()}
        measured = with_measured(rows, self.measured, columns)
        return TextBatch(measured, self.layout, joined(questions), joined(answers))

    def _walk(self, words: list[int]) -> tuple[list[str], list[int], int]:
        """Symbols of a question, kinds of the brackets that are left open, and the greatest depth."""
        p = self._params
        count = p.min_symbols + (words[0] * (p.max_symbols - p.min_symbols + 1) >> 32)
        symbols: list[str] = []
        left: list[int] = []
        depth = 0
        for place in range(count):
            closes = words[2 * place + 1] >> 31 == 1
            last = place == count - 1
            if left and (closes or len(left) == p.max_depth) and not (last and len(left) == 1):
                symbols.append(_CLOSE[left.pop()])
            else:
                left.append(words[2 * place + 2] * p.kinds >> 32)
                symbols.append(_OPEN[left[-1]])
                depth = max(depth, len(left))
        return symbols, left, depth

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the prediction is the target."""
        return exact_match(prediction, example)
