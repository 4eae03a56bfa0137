"""Which strings are new: 64-bit hashes of strings, and a set that hashes are added to.

Among n different strings two have the same hash with a probability of about n^2 / 2^65: 3 * 10^-8 for a million. The
hash does not protect against who makes collisions on purpose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import as_array, choose
from synthkit.ops.reference import unique as reference

__all__ = ["BACKENDS", "HashSet", "hash_strings"]

BACKENDS: dict[str, Any] = {"cpu": _core.unique.hash_strings, "reference": reference.hash_strings}


class HashSet:
    """A set of 64-bit hashes that only grows; 16 to 32 bytes a hash, while it grows half as much again.

    Calls from several threads follow each other.
    """

    def __init__(self) -> None:
        self.native = _core.unique.HashSet()

    def add(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Add hashes one after the other, O(n).

        Args:
            hashes: uint64 [n].

        Returns:
            bool [n]: True where the hash was neither in the set nor earlier in ``hashes``.

        Raises:
            InputError: Wrong dtype or shape.
        """
        array = as_array("hashes", hashes)
        if array.dtype != np.uint64 or array.ndim != 1:
            raise InputError(f"hashes: must be uint64 [n], not {array.dtype} {list(array.shape)}")
        return self.native.add(np.ascontiguousarray(array))

    def __len__(self) -> int:
        return len(self.native)


def hash_strings(
    offsets: npt.NDArray[np.int32], data: npt.NDArray[np.uint8], *, device: str = "cpu"
) -> npt.NDArray[np.uint64]:
    """Hash of each string of an Arrow column: MurmurHash64A with seed 0, then the finaliser of MurmurHash3.

    The definition is that of csrc/common/hash.h: for length L and m = 0xc6a4a7935bd1e995, h = L m; for each eight bytes
    as a little-endian word w, w' = (w m) ^ (w m >> 47), h = (h ^ w' m) m; bytes that are left, as one little-endian
    number t, h = (h ^ t) m; then h ^= h >> 47, h *= m, h ^= h >> 47; and last h ^= h >> 33, h *= 0xff51afd7ed558ccd,
    h ^= h >> 33, h *= 0xc4ceb9fe1a85ec53, h ^= h >> 33, all modulo 2^64 (Appleby 2008). The empty string has hash 0.

    Args:
        offsets: int32 [n + 1], not falling, within ``data``.
        data: uint8, the strings' bytes.
        device: ``cpu``, or ``reference`` (Python, slow).

    Returns:
        uint64 [n]. O(bytes).

    Raises:
        InputError: Wrong dtype, shape or offsets.
    """
    offsets, data = as_array("offsets", offsets), as_array("data", data)
    if offsets.dtype != np.int32 or offsets.ndim != 1 or len(offsets) == 0:
        raise InputError(f"offsets: must be int32 [n + 1], not {offsets.dtype} {list(offsets.shape)}")
    if data.dtype != np.uint8 or data.ndim != 1:
        raise InputError(f"data: must be uint8 [bytes], not {data.dtype} {list(data.shape)}")
    if offsets[0] < 0 or offsets[-1] > len(data) or (offsets[1:] < offsets[:-1]).any():
        raise InputError(f"offsets: must not fall, and lie within 0 and the {len(data)} bytes of data")
    hashes: npt.NDArray[np.uint64] = BACKENDS[choose(device, BACKENDS, name="device")](
        np.ascontiguousarray(offsets), np.ascontiguousarray(data)
    )
    return hashes
