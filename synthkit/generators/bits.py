"""Bit memory and bit xor: the sequence controls of work on frozen transformers (Lu et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synthkit.errors import InputError
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.text import compare_steps, measured_numbers, no_explanations, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict
from synthkit.seeds import attempt_words, derive_key, split_word

__all__ = ["BitMemory", "BitMemoryParams", "BitXor", "BitXorParams"]

_ANSWER = "Answer: "
_CHARACTERS = np.frombuffer(b"01?", np.uint8)
_MOST_POOL_BITS = 62


class BitMemoryParams(Record):
    """Settings of a bit memory dataset.

    Attributes:
        bits: Bits of a pattern.
        patterns: Patterns that are shown.
        mask: Probability that a bit of the recalled pattern is hidden.
    """

    bits: int = Field(default=1000, ge=1, le=100_000)
    patterns: int = Field(default=5, ge=1, le=100)
    mask: float = Field(default=0.5, ge=0, le=1)


class BitMemory:
    """The generator ``bit_memory``: several patterns of bits, then one of them with some bits hidden; which was it?

    ``0 1 1 | 1 0 0 | ? 1 ?`` asks for ``0 1 1``.
    """

    name: ClassVar[str] = "bit_memory"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "attempts"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = BitMemoryParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "bits": FactorSpec("1", "Bits of a pattern", low=1, high=100_000, whole=True),
        "patterns": FactorSpec("1", "Patterns that are shown", low=1, high=100, whole=True),
        "mask": FactorSpec("1", "Probability that a bit is hidden", low=0, high=1),
    }

    def __init__(self, recipe: Recipe, params: BitMemoryParams) -> None:
        self._params = params
        self._most = {name: int(_extreme(recipe, params, name)) for name in ("bits", "patterns")}
        self._keys = {name: derive_key(recipe.seed, recipe.name, name) for name in ("patterns", "mask", "which")}

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        return TextLayout(False, None, 2 * self._most["bits"] * (self._most["patterns"] + 2) + 50)

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        most = self._most
        return (
            measured_numbers("pattern", "Which pattern is asked for, from 0", low=0, high=most["patterns"] - 1),
            measured_numbers("hidden", "Hidden bits", low=0, high=most["bits"]),
            measured_numbers(
                "matches", "Patterns that agree with all visible bits; 1: one answer", low=1, high=most["patterns"]
            ),
        )

    def problems(self) -> list[str]:
        return []

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def make(self, rows: Rows) -> TextBatch:
        n, most, patterns = len(rows), self._most["bits"], self._most["patterns"]
        get = {name: rows.values.get(name, np.full(n, getattr(self._params, name))) for name in self.factors}
        bits, count = get["bits"].astype(np.int64), get["patterns"].astype(np.int64)
        shown = _random_bits(self._words("patterns", rows, -(-most // 32) * patterns), patterns, most)
        which = (self._words("which", rows, 1)[:, 0].astype(np.uint64) * count.astype(np.uint64)) >> np.uint64(32)
        which = which.astype(np.int64)
        hidden = self._words("mask", rows, most) < np.floor(get["mask"] * 2.0**32)[:, None]
        hidden &= np.arange(most)[None, :] < bits[:, None]
        answer = shown[np.arange(n), which]
        agree = ((shown == answer[:, None]) | hidden[:, None] | (np.arange(most) >= bits[:, None])[:, None]).all(axis=2)
        agree &= np.arange(patterns)[None, :] < count[:, None]
        texts, targets = [], []
        query = np.where(hidden, np.uint8(2), answer)
        for i, (width, many) in enumerate(zip(bits.tolist(), count.tolist(), strict=True)):
            parts = [*shown[i, :many, :width], query[i, :width]]
            texts.append(" | ".join(map(_spaced, parts)))
            targets.append(_spaced(answer[i, :width]))
        found = {"pattern": which, "hidden": hidden.sum(axis=1), "matches": agree.sum(axis=1)}
        rows = with_measured(rows, self.measured, found)
        return TextBatch(rows, self.layout, Strings.of(texts), Strings.of(targets))

    def _words(self, stream: str, rows: Rows, count: int) -> npt.NDArray[np.uint32]:
        attempt = np.zeros(len(rows), np.uint32) if rows.attempt is None else rows.attempt
        return attempt_words(self._keys[stream], split_word(rows.split), rows.index, attempt, count)

    def score(self, prediction: str, example: TextExample) -> float:
        """Share of the bits that are right; 1 only where none is missing and none too many."""
        return _share_right(prediction, example)

    def explain(self, example: TextExample) -> str | None:  # noqa: ARG002
        return None

    def check(self, explanation: str, example: TextExample) -> Verdict:  # noqa: ARG002
        return no_explanations()


class BitXorParams(Record):
    """Settings of a bit xor dataset.

    Attributes:
        bits: Bits of a pattern.
        patterns: Patterns that are combined, two or more.
        explanation: ``none``, or ``full``: bit by bit.
    """

    bits: int = Field(default=5, ge=1, le=_MOST_POOL_BITS)
    patterns: int = Field(default=2, ge=2, le=_MOST_POOL_BITS)
    explanation: Literal["none", "full"] = "none"


class BitXor:
    """The generator ``bit_xor``: the exclusive or of patterns of bits, bit by bit; all inputs are countable.

    ``0 1 1 | 1 0 1`` gives ``1 1 0``.
    """

    name: ClassVar[str] = "bit_xor"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "items"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = BitXorParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {}

    def __init__(self, recipe: Recipe, params: BitXorParams) -> None:
        self._recipe = recipe
        self._params = params

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        explains = self._params.explanation != "none"
        bits, patterns = self._params.bits, self._params.patterns
        return TextLayout(explains, None, 2 * bits * (patterns + 1) + 50 + explains * bits * (20 + 6 * patterns))

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        return (measured_numbers("ones", "Ones in the answer", low=0, high=self._params.bits),)

    def problems(self) -> list[str]:
        total = self._params.bits * self._params.patterns
        if total <= _MOST_POOL_BITS:
            return []
        return [f"params.bits: bits times patterns must be at most {_MOST_POOL_BITS}, not {total}"]

    def pools(self) -> Mapping[str, Pool]:
        size = 2 ** (self._params.bits * self._params.patterns)
        return {split: Pool("all", size) for split in self._recipe.split_names}

    def make(self, rows: Rows) -> TextBatch:
        if rows.item is None:
            raise TypeError("rows of this generator have items")
        bits, patterns = self._params.bits, self._params.patterns
        places = np.arange(bits * patterns - 1, -1, -1, dtype=np.int64)
        given = ((rows.item[:, None] >> places) & 1).astype(np.uint8).reshape(-1, patterns, bits)
        answer = np.bitwise_xor.reduce(given, axis=1)
        texts = [" | ".join(map(_spaced, row)) for row in given]
        rationale = None
        if self._params.explanation != "none":
            rationale = Strings.of([_xor_steps(row.tolist()) for row in given])
        found = {"ones": answer.sum(axis=1)}
        rows = with_measured(rows, self.measured, found)
        targets = Strings.of([_spaced(row) for row in answer])
        return TextBatch(rows, self.layout, Strings.of(texts), targets, rationale)

    def score(self, prediction: str, example: TextExample) -> float:
        """Share of the bits that are right; of an explanation, those of its last ``Answer:`` line."""
        return _share_right(prediction.rsplit(_ANSWER, 1)[-1], example)

    def explain(self, example: TextExample) -> str | None:
        parts = [part.split() for part in example.input.split("|")]
        if any(len(part) != len(parts[0]) or not set(part) <= {"0", "1"} for part in parts):
            raise InputError(f"input: not patterns of bits: {example.input[:60]!r}")
        return _xor_steps([[int(bit) for bit in part] for part in parts])

    def check(self, explanation: str, example: TextExample) -> Verdict:
        return compare_steps(explanation, self.explain(example) or "")


def _extreme(recipe: Recipe, params: BitMemoryParams, name: str) -> float:
    """Largest value of a number over the dataset."""
    for factor in recipe.factors:
        if factor.name == name and factor.extremes is not None:
            return factor.extremes[1]
    return float(getattr(params, name))


def _random_bits(words: npt.NDArray[np.uint32], patterns: int, bits: int) -> npt.NDArray[np.uint8]:
    """Bits [n, patterns, bits] of words, the lowest bit of a word first."""
    octets = words.astype("<u4").view(np.uint8).reshape(len(words), patterns, -1)
    return np.unpackbits(octets, axis=2, bitorder="little")[:, :, :bits]


def _spaced(symbols: npt.NDArray[np.uint8]) -> str:
    """``0 1 ?``: symbols 0, 1 and 2 with spaces between."""
    return " ".join(_CHARACTERS[symbols].tobytes().decode())


def _xor_steps(given: Sequence[Sequence[int]]) -> str:
    answer = [sum(column) % 2 for column in zip(*given, strict=True)]
    steps = [
        f"bit {k}: {' xor '.join(map(str, column))} = {bit}"
        for k, (column, bit) in enumerate(zip(zip(*given, strict=True), answer, strict=True), start=1)
    ]
    return "\n".join([*steps, f"{_ANSWER}{' '.join(map(str, answer))}"])


def _share_right(prediction: str, example: TextExample) -> float:
    said, target = prediction.split(), example.target.split()
    right = sum(a == b for a, b in zip(said, target, strict=False))
    return right / max(len(said), len(target))
