"""Bit xor: the exclusive or of strings of bits, bit by bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synthkit.errors import InputError
from synthkit.generators.answers import FINAL_ANSWER
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.bit_text import read_groups, share_of_right_bits, spelled
from synthkit.generators.ragged import cut, same_length
from synthkit.generators.text import compare_steps, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict

__all__ = ["BitXor", "BitXorParams"]

_BETWEEN = " xor "
_MOST_BITS = 62
_ZERO = np.uint8(ord("0"))


class BitXorParams(Record):
    """Settings of a bit xor dataset. The last one holds the value of the factor where the recipe does not vary it.

    Attributes:
        bits: Bits of a pattern.
        patterns: Patterns; ``bits`` x ``patterns`` is at most 62.
        spaced: Spaces between bits, ``0 1 1``, so that a tokenizer sees them apart; else ``011``.
        explanation: ``none``; ``full``: one line a bit.
    """

    bits: int = Field(default=5, ge=1, le=_MOST_BITS)
    patterns: int = Field(default=2, ge=2, le=_MOST_BITS)
    spaced: bool = True

    explanation: Literal["none", "full"] = "none"


class BitXor:
    """The generator ``bit_xor``.

    All 2^(bits x patterns) inputs are a finite pool, so that all of them can be had and splits are exact: the bits of
    an item's number, the highest first, are the input's bits in reading order.
    """

    name: ClassVar[str] = "bit_xor"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "items"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = BitXorParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "explanation": FactorSpec("", "How the rationale is written", names=("none", "full")),
    }

    def __init__(self, recipe: Recipe, params: BitXorParams) -> None:
        self._recipe = recipe
        self._params = params
        self._between = (_BETWEEN,) * (params.patterns - 1)

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        planned = any(factor.name == "explanation" for factor in self._recipe.factors)
        rationale = planned or self._params.explanation != "none"
        symbols = self._params.bits * (self._params.patterns + 1)
        return TextLayout(rationale, None, 2 * symbols + 20 + rationale * (7 * symbols + 20))

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        return (measured_numbers("ones", "Ones in the answer", low=0, high=self._params.bits),)

    def problems(self) -> list[str]:
        bits, patterns = self._params.bits, self._params.patterns
        if bits * patterns <= _MOST_BITS:
            return []
        return [f"params.bits: {bits} bits x {patterns} patterns is {bits * patterns}; at most {_MOST_BITS}"]

    def pools(self) -> Mapping[str, Pool]:
        pool = Pool("inputs", 2 ** (self._params.bits * self._params.patterns))
        return dict.fromkeys(self._recipe.splits, pool)

    def make(self, rows: Rows) -> TextBatch:
        if rows.item is None:
            raise ValueError("rows: hold no items")
        bits, patterns = self._params.bits, self._params.patterns
        places = np.arange(bits * patterns - 1, -1, -1, dtype=np.int64)
        symbols = (rows.item[:, None] >> places & 1).astype(np.uint8).reshape(len(rows), patterns, bits)
        answer = np.bitwise_xor.reduce(symbols, axis=1)
        question = spelled(symbols + _ZERO, self._between, spaced=self._params.spaced)
        target = spelled(answer[:, None] + _ZERO, (), spaced=self._params.spaced)
        found = with_measured(rows, self.measured, {"ones": answer.sum(axis=1)})
        rationale = self._rationales(rows, symbols) if self.layout.rationale else None
        return TextBatch(found, self.layout, same_length(question), same_length(target), rationale)

    def _rationales(self, rows: Rows, symbols: npt.NDArray[np.uint8]) -> Strings:
        """Explanations of the rows that are to have one."""
        chosen = np.full(len(rows), self._params.explanation == "full")
        if "explanation" in rows.values:
            chosen = rows.values["explanation"] == "full"
        patterns = symbols.shape[1]
        groups = [text.decode() for text in cut((symbols + _ZERO).reshape(-1, symbols.shape[2]))]
        pieces = [
            self._explained(groups[k * patterns : (k + 1) * patterns]) if chosen[k] else "" for k in range(len(rows))
        ]
        return Strings.of(pieces)

    def _explained(self, groups: list[str]) -> str:
        """``Bit 1: 0 xor 1 = 1`` for each bit, then the answer."""
        columns = ["".join(column) for column in zip(*groups, strict=True)]
        answer = [str(column.count("1") % 2) for column in columns]
        lines = [
            f"Bit {number}: {_BETWEEN.join(column)} = {bit}"
            for number, (column, bit) in enumerate(zip(columns, answer, strict=True), start=1)
        ]
        space = " " if self._params.spaced else ""
        return "\n".join([*lines, f"{FINAL_ANSWER}{space.join(answer)}"])

    def score(self, prediction: str, example: TextExample) -> float:
        """Share of right bits; spaces do not count."""
        return share_of_right_bits(prediction, example.target)

    def explain(self, example: TextExample) -> str | None:
        return self._explained(self._read(example))

    def check(self, explanation: str, example: TextExample) -> Verdict:
        return compare_steps(explanation, self._explained(self._read(example)))

    def _read(self, example: TextExample) -> list[str]:
        groups = read_groups(example.input, self._between, "01")
        if len(groups[0]) != self._params.bits:
            raise InputError(f"input: {len(groups[0])} bits, not {self._params.bits}")
        return groups
