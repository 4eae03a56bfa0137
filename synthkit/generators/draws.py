"""Whole numbers drawn without any bias."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.seeds import philox_words

__all__ = ["draw_below"]

_WORDS = 2**32


def draw_below(
    key: int, word: int, index: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """A whole number from 0 to its bound - 1 for each example, all exactly equally often.

    The 32-bit words of the example's stream are taken in order; the first one below the largest multiple of the bound
    counts, modulo the bound. A bound of a few thousand needs a second word once in a million examples.

    Args:
        key: 64-bit key, see `synthkit.seeds.derive_key`.
        word: Last word of the counter, see `synthkit.seeds.split_word`.
        index: int64 [n], indices of the examples.
        bounds: int64 [n], 1 to 2^32.

    Returns:
        int64 [n].
    """
    drawn = np.empty(len(index), np.int64)
    waiting, block = np.arange(len(index)), 0
    while len(waiting):
        words = philox_words(key, word, index[waiting], block).astype(np.int64)
        bound = bounds[waiting]
        fits = words < (_WORDS - _WORDS % bound)[:, None]
        first = fits.argmax(axis=1)
        drawn[waiting] = words[np.arange(len(waiting)), first] % bound
        waiting, block = waiting[~fits.any(axis=1)], block + 1
    return drawn
