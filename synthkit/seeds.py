"""Keys and random numbers that are pure functions of (recipe, seed, split, index).

Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns a 64-bit key and a 128-bit
counter into 128 random bits. The key comes from the recipe's seed and name and from the name of the stream; the
counter is (block, index low, index high, split), so that no two examples, splits or streams share a number.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import numpy.typing as npt

from synthkit import _core

__all__ = ["Permutation", "attempt_words", "derive_key", "philox_words", "split_word", "uniforms"]

_TABLE_LIMIT = 1024
_WORD = 0xFFFFFFFF


def derive_key(seed: int, name: str, stream: str) -> int:
    """64-bit key of one stream of random numbers: the first 8 bytes of a sha256, little-endian."""
    text = json.dumps(["synthkit", 1, seed, name, stream], separators=(",", ":"), ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def split_word(split: str) -> int:
    """32-bit word that stands for a split in the counter."""
    return int.from_bytes(hashlib.sha256(f"split:{split}".encode()).digest()[:4], "little")


def philox_words(
    key: int, word: int, index: npt.NDArray[np.int64], block: int | npt.NDArray[np.uint32] = 0
) -> npt.NDArray[np.uint32]:
    """Random words of examples.

    Args:
        key: 64-bit key, see `derive_key`.
        word: Last word of the counter, see `split_word`.
        index: int64 [n], indices of the examples.
        block: Which four words of the example; one for all, or uint32 [n].

    Returns:
        uint32 [n, 4].
    """
    counters = np.empty((len(index), 4), np.uint32)
    wide = index.astype(np.uint64)
    counters[:, 0] = block
    counters[:, 1] = wide & np.uint64(_WORD)
    counters[:, 2] = wide >> np.uint64(32)
    counters[:, 3] = word
    return _core.philox.philox4x32(counters, np.array([key & _WORD, key >> 32], np.uint32))


def uniforms(key: int, word: int, index: npt.NDArray[np.int64], block: int = 0) -> npt.NDArray[np.float64]:
    """Two uniform numbers for each example, float64 [n, 2] in [0, 1), multiples of 2^-53."""
    words = philox_words(key, word, index, block).astype(np.uint64)
    high = words[:, 0::2] >> np.uint64(5)
    low = words[:, 1::2] >> np.uint64(6)
    return (high * 67108864.0 + low) * 2.0**-53


def attempt_words(
    key: int, word: int, index: npt.NDArray[np.int64], attempt: npt.NDArray[np.uint32], count: int
) -> npt.NDArray[np.uint32]:
    """Random words of one attempt at each example; the counter is (block, index, attempt, split).

    Args:
        key: 64-bit key, see `derive_key`.
        word: Last word of the counter, see `split_word`.
        index: int64 [n], indices of the examples, below 2^32.
        attempt: uint32 [n], which draw of the example.
        count: Words for each example.

    Returns:
        uint32 [n, count]. More words leave the first ones as they are.
    """
    blocks = -(-count // 4)
    counters = np.empty((len(index), blocks, 4), np.uint32)
    counters[:, :, 0] = np.arange(blocks, dtype=np.uint32)
    counters[:, :, 1] = index.astype(np.uint32)[:, None]
    counters[:, :, 2] = attempt[:, None]
    counters[:, :, 3] = word
    words = _core.philox.philox4x32(counters.reshape(-1, 4), np.array([key & _WORD, key >> 32], np.uint32))
    return words.reshape(len(index), blocks * 4)[:, :count]


class Permutation:
    """A keyed permutation of range(size) in O(1) time and memory for each element.

    Domains up to 1024 are shuffled outright (sorted by random words); larger ones go through a six-round Feistel
    network with Philox as its round function, walked until the result falls inside the domain (Black and Rogaway
    2002, "Ciphers with arbitrary finite domains").

    Args:
        key: 64-bit key.
        size: Size of the domain, 1 to 2^62.
    """

    def __init__(self, key: int, size: int) -> None:
        self._key = key
        self._size = size
        self._half_bits = max((max(size - 1, 1).bit_length() + 1) // 2, 1)
        self._table: npt.NDArray[np.int64] | None = None
        if size <= _TABLE_LIMIT:
            words = philox_words(key, 0, np.arange(size, dtype=np.int64)).astype(np.uint64)
            self._table = np.argsort((words[:, 0] << np.uint64(32)) | words[:, 1], kind="stable").astype(np.int64)

    def __call__(self, index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Image of each element of int64 [n], all in [0, size)."""
        if self._table is not None:
            return self._table[index]
        places = np.ascontiguousarray(index, np.int64)
        return _core.philox.permute(places, key=self._key, size=self._size, half_bits=self._half_bits)
