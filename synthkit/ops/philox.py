"""Philox4x32-10, the counter-based random number generator of Salmon et al. (2011)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError

__all__ = ["philox4x32"]


def philox4x32(counters: npt.NDArray[np.uint32], key: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """128 random bits for each counter.

    Args:
        counters: uint32 [n, 4].
        key: uint32 [2].

    Returns:
        uint32 [n, 4].

    Raises:
        InputError: Wrong dtype or shape.
    """
    if counters.dtype != np.uint32 or counters.ndim != 2 or counters.shape[1] != 4:
        raise InputError(f"counters: must be uint32 [n, 4], not {counters.dtype} {list(counters.shape)}")
    if key.dtype != np.uint32 or key.shape != (2,):
        raise InputError(f"key: must be uint32 [2], not {key.dtype} {list(key.shape)}")
    return _core.philox.philox4x32(np.ascontiguousarray(counters), np.ascontiguousarray(key))
