"""Philox4x32-10, the counter-based random number generator of Salmon et al. (2011)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import choose
from synthkit.ops.cuda.arrays import is_device_array
from synthkit.ops.cuda.module import device_number, is_cuda
from synthkit.ops.cuda.philox import philox4x32 as on_gpu

__all__ = ["philox4x32"]


def philox4x32(counters: Any, key: npt.NDArray[np.uint32], *, device: str = "cpu") -> Any:
    """128 random bits for each counter.

    Args:
        counters: uint32 [n, 4]; with a GPU also of torch, CuPy or JAX in its memory.
        key: uint32 [2].
        device: ``cpu``, or a GPU: ``cuda``, ``cuda:N``; the words are the same.

    Returns:
        uint32 [n, 4]; with a GPU an array in its memory.

    Raises:
        InputError: Wrong dtype or shape.
    """
    if key.dtype != np.uint32 or key.shape != (2,):
        raise InputError(f"key: must be uint32 [2], not {key.dtype} {list(key.shape)}")
    if is_device_array(counters):
        return on_gpu(counters, key, device_number(device))
    if counters.dtype != np.uint32 or counters.ndim != 2 or counters.shape[1] != 4:
        raise InputError(f"counters: must be uint32 [n, 4], not {counters.dtype} {list(counters.shape)}")
    if is_cuda(device):
        return on_gpu(counters, key, device_number(device))
    choose(device, ("cpu", "cuda"), name="device")
    return _core.philox.philox4x32(np.ascontiguousarray(counters), np.ascontiguousarray(key))
