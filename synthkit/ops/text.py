"""Rows of whole numbers as rows of text."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import as_array, choose, whole
from synthkit.ops.reference import text as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "join_integers"]

BACKENDS: dict[str, ModuleType] = {"cpu": _core.text, "reference": reference}

_DTYPES = (np.uint8, np.uint16, np.int32)
_MOST_BYTES = 2**31 - 1


def join_integers(
    values: Any, group: int = 1, *, threads: int | None = None, device: str = "cpu"
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Each row of numbers as one text of decimal numbers, laid out as Arrow lays out strings.

    ``group`` numbers stand together with ``,`` between them; a space parts a group from the next: with group 2 the
    row 7, 0, 12, 255 is ``7,0 12,255``. With group 1 there are spaces alone. A negative number begins with ``-``.

    Args:
        values: uint8, uint16 or int32 [n, m].
        group: Numbers that stand together, 1 or more; divides m.
        threads: Threads; None for one a core.
        device: ``cpu`` or ``reference``.

    Returns:
        ``offsets`` int32 [n + 1] and ``data`` uint8 (ASCII); text i is ``data[offsets[i]:offsets[i + 1]]``. Cost
        O(n m); 8 n bytes of memory beside the result.

    Raises:
        InputError: Another dtype or shape, a group that does not divide m, or more than 2^31 - 1 bytes of text.
    """
    array = as_array("values", values)
    if array.dtype not in _DTYPES or array.ndim != 2:
        raise InputError(f"values: must be uint8, uint16 or int32 [n, m], not {array.dtype} {list(array.shape)}")
    size = whole("group", group, 1, _MOST_BYTES)
    if array.shape[1] % size:
        raise InputError(f"group: must divide the {array.shape[1]} numbers of a row, not {size}")
    kernel = BACKENDS[choose(device, BACKENDS, name="device")]
    try:
        offsets, data = kernel.join_integers(
            np.ascontiguousarray(array), group=size, limit=_MOST_BYTES, threads=thread_count(threads)
        )
    except OverflowError as error:
        raise InputError(f"values: make {error} bytes of text; at most {_MOST_BYTES}, so take fewer rows") from None
    return offsets, data
