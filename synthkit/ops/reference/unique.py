"""The hash of strings in plain Python: the definition in the docstring of synthkit.ops.unique.hash_strings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["hash_bytes", "hash_strings"]

_M = 0xC6A4A7935BD1E995
_WORD = 0xFFFFFFFFFFFFFFFF


def hash_bytes(data: bytes) -> int:
    """64-bit hash of a string of bytes."""
    h = len(data) * _M & _WORD
    whole = len(data) // 8 * 8
    for start in range(0, whole, 8):
        w = int.from_bytes(data[start : start + 8], "little") * _M & _WORD
        h = (h ^ ((w ^ (w >> 47)) * _M & _WORD)) * _M & _WORD
    if data[whole:]:
        h = (h ^ int.from_bytes(data[whole:], "little")) * _M & _WORD
    h = (h ^ (h >> 47)) * _M & _WORD
    h ^= h >> 47
    for multiplier in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = (h ^ (h >> 33)) * multiplier & _WORD
    return h ^ (h >> 33)


def hash_strings(offsets: npt.NDArray[np.int32], data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """int32 [n + 1] and uint8 -> uint64 [n]."""
    text = data.tobytes()
    places = offsets.tolist()
    return np.array([hash_bytes(text[a:b]) for a, b in pairwise(places)], np.uint64)
