"""Random words on a GPU; those of `synthkit.ops.philox`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.cuda.arrays import DeviceArray, allocate, is_device_array, to_device
from synthkit.ops.cuda.codes import arrived
from synthkit.ops.cuda.module import working

__all__ = ["philox4x32"]


def philox4x32(counters: Any, key: npt.NDArray[np.uint32], device: int) -> DeviceArray:
    """Words [n, 4] of counters uint32 [n, 4], of the host (checked before) or on the GPU."""
    there = counters if is_device_array(counters) else to_device(counters, device, 0)
    given = arrived(there, "counters", device)
    if given.format.name != "uint32" or len(given.shape) != 2 or given.shape[1] != 4:
        raise InputError(f"counters: must be uint32 [n, 4] without gaps, not {given.format.name} {list(given.shape)}")
    words = allocate(given.shape, "uint32", device, 0)
    with working("drawing random words", device) as cuda:
        whole = int(key[0]) | int(key[1]) << 32
        cuda.philox.philox4x32(given.address, given.shape[0], key=whole, words=words.address, stream=0)
    return words
