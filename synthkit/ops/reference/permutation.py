"""NumPy twin of the keyed permutation under `synthkit.seeds.Permutation`: a Feistel network, walked into the domain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.ops.reference.philox import philox4x32

__all__ = ["permute"]

_ROUNDS = 6

Places = npt.NDArray[np.int64]


def permute(index: Places, *, key: int, size: int, half_bits: int) -> Places:
    """Images of int64 [n], all in [0, size), size <= 2^(2 half_bits)."""
    value = _encrypt(index, key, half_bits)
    outside = np.flatnonzero(value >= size)
    while len(outside):
        value[outside] = _encrypt(value[outside], key, half_bits)
        outside = outside[value[outside] >= size]
    return value


def _encrypt(value: Places, key: int, half_bits: int) -> Places:
    mask = np.int64((1 << half_bits) - 1)
    left, right = value >> np.int64(half_bits), value & mask
    for number in range(_ROUNDS):
        counters = np.zeros((len(value), 4), np.uint32)
        counters[:, 1], counters[:, 2] = right & np.int64(0xFFFFFFFF), right >> np.int64(32)
        counters[:, 3] = number + 1
        words = philox4x32(counters, np.array([key & 0xFFFFFFFF, key >> 32], np.uint32))
        left, right = right, left ^ (words[:, 0].astype(np.int64) & mask)
    return (left << np.int64(half_bits)) | right
