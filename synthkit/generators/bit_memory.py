"""Bit memory: several strings of bits, then one of them with bits masked; which one was it?

The task of Lu, Grover, Abbeel and Mordatch 2021, "Pretrained Transformers as Universal Computation Engines", as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.bit_memory_draws import Draws, Memory, inputs_of
from synthkit.generators.bit_text import share_of_right_bits, spelled
from synthkit.generators.ragged import cut, joined
from synthkit.generators.text import Unexplained, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, TextBatch, TextExample, TextLayout

__all__ = ["BitMemory", "BitMemoryParams"]

_MOST_BITS = 65536
_MOST_PATTERNS = 1024
_MOST_SYMBOLS = 2**20
_COUNTED_BITS = 64  # only of inputs with no more bits can one ask for too many
_CHUNK_BITS = 2**20  # of examples that are drawn together: what fits a cache
_ZERO = np.uint8(ord("0"))
_TAKEN = "01 |:"

Numbers = npt.NDArray[np.int64]


class BitMemoryParams(Record):
    """Settings of a bit memory dataset. The second part holds the value of each factor that the recipe does not vary.

    Attributes:
        mask: The character that stands for a masked bit.
        spaced: Spaces between bits, ``0 1 1``, so that a tokenizer sees them apart; else ``011``.
        bits: Bits of a pattern.
        patterns: Patterns to remember.
        mask_share: Probability that a bit of the pattern asked for is masked, each by itself.
    """

    mask: str = Field(default="?", pattern=r"^[!-~]$")
    spaced: bool = True

    bits: int = Field(default=1000, ge=1, le=_MOST_BITS)
    patterns: int = Field(default=5, ge=1, le=_MOST_PATTERNS)
    mask_share: float = Field(default=0.5, ge=0, lt=1)


class BitMemory(Unexplained):
    """The generator ``bit_memory``.

    The answer is the first pattern that agrees with all bits that are shown. With a hundred bits or more that is the
    one that was drawn; of short patterns several may fit, and the answer still is a function of the input.
    """

    name: ClassVar[str] = "bit_memory"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "attempts"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = BitMemoryParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "bits": FactorSpec("1", "Bits of a pattern", low=1, high=_MOST_BITS, whole=True),
        "patterns": FactorSpec("1", "Patterns to remember", low=1, high=_MOST_PATTERNS, whole=True),
        "mask_share": FactorSpec("1", "Probability that a bit is masked", low=0, high=1, high_open=True),
    }

    def __init__(self, recipe: Recipe, params: BitMemoryParams) -> None:
        self._recipe = recipe
        self._params = params
        self._draws = Draws(recipe.seed, recipe.name)

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        symbols = self._largest("bits") * (self._largest("patterns") + 2)
        return TextLayout(False, None, symbols * (2 if self._params.spaced else 1) + 20)

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        return (
            measured_numbers("position", "Which pattern is the answer", low=1, high=self._largest("patterns")),
            measured_numbers("masked", "Masked bits", low=0, high=self._largest("bits")),
            measured_numbers(
                "fitting", "Patterns that agree with all bits shown", low=1, high=self._largest("patterns")
            ),
        )

    def _largest(self, name: str) -> int:
        """Largest value of a factor, or the parameter."""
        ends = {factor.name: factor.extremes for factor in self._recipe.factors}.get(name)
        return int(getattr(self._params, name)) if ends is None else int(ends[1])

    def problems(self) -> list[str]:
        if self._params.mask in _TAKEN:
            return [f"params.mask: {self._params.mask!r} has another meaning in the text; take another character"]
        bits, patterns = self._largest("bits"), self._largest("patterns")
        if bits * (patterns + 1) > _MOST_SYMBOLS:
            return [f"params.bits: {bits} bits x {patterns} patterns are more than {_MOST_SYMBOLS} bits in an example"]
        if self._recipe.factors or bits * patterns > _COUNTED_BITS:
            return []
        path, wanted = self._asked()
        known = inputs_of(bits, patterns, masking=self._params.mask_share > 0)
        if wanted <= known:
            return []
        size = f"{bits} bits x {patterns} patterns"
        return [f"{path}: {wanted} different examples are asked for, but only {known} exist with {size}"]

    def _asked(self) -> tuple[str, int]:
        """Where the recipe says how many examples it wants, and how many; 0 where only the plan knows."""
        counts = [size for size in self._recipe.splits.values() if isinstance(size, int)]
        if len(counts) == len(self._recipe.splits):
            return "splits", sum(counts)
        return "design.size", getattr(self._recipe.design, "size", None) or 0

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def make(self, rows: Rows) -> TextBatch:
        question, target = [b""] * len(rows), [b""] * len(rows)
        measures = {factor.name: np.empty(len(rows), np.int64) for factor in self.measured}
        share = self._column(rows, "mask_share")
        for chosen, bits, patterns in self._pieces(rows):
            found = self._draws.draw(rows, chosen, bits, patterns, share[chosen])
            measures["position"][chosen] = found.fits.argmax(axis=1) + 1
            measures["masked"][chosen] = found.masked.sum(axis=1)
            measures["fitting"][chosen] = found.fits.sum(axis=1)
            texts = zip(chosen.tolist(), cut(self._question(found)), cut(self._target(found)), strict=True)
            for row, asked, answer in texts:
                question[row], target[row] = asked, answer
        return TextBatch(with_measured(rows, self.measured, measures), self.layout, joined(question), joined(target))

    def _column(self, rows: Rows, name: str) -> npt.NDArray[np.float64]:
        """Values of a factor, or the parameter in every row."""
        return np.broadcast_to(rows.values.get(name, getattr(self._params, name)), len(rows)).astype(np.float64)

    def _pieces(self, rows: Rows) -> Iterator[tuple[Numbers, int, int]]:
        """Rows of one size, a limited number at a time: their places, bits and patterns."""
        sizes = np.stack([self._column(rows, "bits"), self._column(rows, "patterns")], axis=1).astype(np.int64)
        for bits, patterns in np.unique(sizes, axis=0).tolist():
            same = np.flatnonzero((sizes == (bits, patterns)).all(axis=1))
            step = max(_CHUNK_BITS // (bits * (patterns + 1)), 1)
            for start in range(0, len(same), step):
                yield same[start : start + step], bits, patterns

    def _question(self, found: Memory) -> npt.NDArray[np.uint8]:
        shown = np.where(found.masked, np.uint8(ord(self._params.mask)), found.asked + _ZERO)
        symbols = np.concatenate([found.patterns + _ZERO, shown[:, None]], axis=1)
        between = [*[" | "] * (symbols.shape[1] - 2), " : "]
        return spelled(symbols, between, spaced=self._params.spaced)

    def _target(self, found: Memory) -> npt.NDArray[np.uint8]:
        return spelled(found.asked[:, None] + _ZERO, (), spaced=self._params.spaced)

    def score(self, prediction: str, example: TextExample) -> float:
        """Share of right bits; spaces do not count."""
        return share_of_right_bits(prediction, example.target)
