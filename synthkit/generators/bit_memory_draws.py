"""Random draws of bit memory."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from synthkit.generators.bit_text import bits_of_words
from synthkit.records import Rows
from synthkit.seeds import attempt_words, derive_key, split_word

__all__ = ["Draws", "Memory", "inputs_of"]

_WORDS = 2.0**32

Numbers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Memory:
    """Examples of one size.

    Attributes:
        patterns: uint8 [n, patterns, bits], 0 or 1.
        masked: bool [n, bits], bits of the asked pattern that are not shown.
        fits: bool [n, patterns], which patterns agree with all bits that are shown.
        asked: uint8 [n, bits], the first that does; what is shown of it is what is shown of the one that was drawn.
    """

    patterns: Bits
    masked: npt.NDArray[np.bool_]
    fits: npt.NDArray[np.bool_]
    asked: Bits


class Draws:
    """Draws examples of a recipe.

    Bits are those of the random words, the lowest first. The pattern asked for is floor(word x patterns / 2^32), which
    prefers none by more than patterns / 2^32. A bit is masked where its word is below 2^32 x share, rounded.

    Args:
        seed: The recipe's seed.
        name: The recipe's name.
    """

    def __init__(self, seed: int, name: str) -> None:
        self._keys = {stream: derive_key(seed, name, stream) for stream in ("patterns", "asked", "mask")}

    def draw(self, rows: Rows, chosen: Numbers, bits: int, patterns: int, share: npt.NDArray[np.float64]) -> Memory:
        """Examples of the chosen rows, which all have this size.

        Args:
            rows: Examples with their attempts.
            chosen: int64 [n], which of them.
            bits: Bits of a pattern.
            patterns: Patterns of an example.
            share: float64 [n], probability that a bit is masked.
        """
        words = self._words(rows, chosen, "patterns", -(-bits * patterns // 32))
        drawn = bits_of_words(words, bits * patterns).reshape(len(chosen), patterns, bits)
        which = self._words(rows, chosen, "asked", 1)[:, 0].astype(np.int64) * patterns >> 32
        below = np.floor(share * _WORDS + 0.5).astype(np.uint64)
        masked = self._words(rows, chosen, "mask", bits) < below[:, None]
        everything = np.arange(len(chosen))
        asked = drawn[everything, which]
        fits = ((drawn == asked[:, None]) | masked[:, None]).all(axis=2)
        return Memory(drawn, masked, fits, drawn[everything, fits.argmax(axis=1)])

    def _words(self, rows: Rows, chosen: Numbers, stream: str, count: int) -> npt.NDArray[np.uint32]:
        if rows.attempt is None:
            raise ValueError("rows: hold no attempts")
        word = split_word(rows.split)
        return attempt_words(self._keys[stream], word, rows.index[chosen], rows.attempt[chosen], count)


def inputs_of(bits: int, patterns: int, *, masking: bool) -> int:
    """How many different inputs there are.

    With k bits shown there are C(bits, k) 2^k questions. All sets of patterns go with one but those where each pattern
    is one of the 2^bits - 2^(bits - k) that disagree with it.

    Args:
        bits: Bits of a pattern.
        patterns: Patterns of an example.
        masking: Bits may be masked; else all are shown.
    """
    total = 0
    for shown in range(0 if masking else bits, bits + 1):
        disagree = 2**bits - 2 ** (bits - shown)
        total += comb(bits, shown) * 2**shown * (2 ** (bits * patterns) - disagree**patterns)
    return total
