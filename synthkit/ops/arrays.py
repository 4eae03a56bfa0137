"""Arguments that the kernels over codes and factors share: checked and brought into form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.cuda.module import device_number, is_cuda

__all__ = [
    "as_array",
    "as_code_batch",
    "as_labels",
    "backend",
    "choose",
    "code_place",
    "finite",
    "whole",
    "whole_array",
]

T = TypeVar("T")


def as_code_batch(codes: Any) -> npt.NDArray[np.float64]:
    """Codes [N, D] or [B, N, D] of any real dtype as finite float64 [B, N, D] in C order; copied only if needed.

    Raises:
        InputError: No such shape, no rows or columns, not real numbers, or NaN or infinity (the first place is named).
    """
    array = as_array("codes", codes)
    if array.dtype.kind not in "fiub":
        raise InputError(f"codes: must be real numbers, not {array.dtype}")
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise InputError(f"codes: must be [N, D] or [B, N, D] and not empty, not {list(array.shape)}")
    batch = np.ascontiguousarray(array if array.ndim == 3 else array[np.newaxis], dtype=np.float64)
    # A sum is finite only if all its terms are; only a rare overflow needs the slow look.
    with np.errstate(all="ignore"):
        suspect = not np.isfinite(batch.sum())
    if suspect and not np.isfinite(batch).all():
        place = np.argwhere(~np.isfinite(batch))[0]
        where = code_place(place, array.ndim == 3)
        raise InputError(f"codes: {batch[tuple(place)]} at {where}; only finite numbers can be scored")
    return batch


def code_place(place: npt.NDArray[np.int64], batch: bool) -> str:
    """Where [model, row, code] is, in words."""
    model, row, code = place.tolist()
    return f"model {model}, row {row}, code {code}" if batch else f"row {row}, code {code}"


def as_array(name: str, values: Any) -> npt.NDArray[Any]:
    """An array of whatever can be one.

    Raises:
        InputError: It cannot: rows of unequal length, or a tensor that lies on a GPU or wants a gradient.
    """
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{name}: cannot be read as an array: {error}") from error


def finite(name: str, values: Any) -> npt.NDArray[np.float64]:
    """Real numbers of any shape as finite float64 in C order; copied only if needed."""
    array = as_array(name, values)
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name}: must be real numbers, not {array.dtype}")
    array = np.ascontiguousarray(array, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = bad[0].tolist()
        raise InputError(f"{name}: {array[tuple(place)]} at {place}; all numbers must be finite ({len(bad)} are not)")
    return array


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number from ``least`` to ``most``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        raise InputError(f"{name}: must be a whole number from {least} to {most}, not {value!r}")
    return int(value)


def whole_array(name: str, values: Any) -> npt.NDArray[np.int64]:
    """Integers (or booleans) as int64."""
    array = np.asarray(values)
    if array.dtype.kind not in "iub":
        raise InputError(f"{name}: must be integers, not {array.dtype}")
    if array.dtype == np.uint64 and array.size and array.max() > np.iinfo(np.int64).max:
        raise InputError(f"{name}: must fit into int64, not {array.max()}")
    return array.astype(np.int64)


def as_labels(labels: Any, rows: int) -> npt.NDArray[np.int64]:
    """Integer labels [N] or [N, K] as int64 [N, K].

    Raises:
        InputError: Not integers, or not `rows` rows.
    """
    array = whole_array("labels", labels)
    if array.ndim not in (1, 2) or array.shape[0] != rows or 0 in array.shape:
        raise InputError(f"labels: must be [{rows}] or [{rows}, K], as many rows as codes, not {list(array.shape)}")
    return array.reshape(rows, -1)


def backend(device: Any, known: Mapping[str, T], on_gpu: Callable[[int], T]) -> T:
    """What runs a kernel.

    Args:
        device: A name in ``known``, or ``cuda``, ``cuda:N``.
        known: Backends of the host by name.
        on_gpu: Number of a GPU -> the kernels on it.

    Raises:
        InputError: Another name, or no such GPU here.
    """
    if is_cuda(device):
        return on_gpu(device_number(device))
    return known[choose(device, (*known, "cuda"), name="device")]


def choose(value: Any, options: Any, *, name: str) -> str:
    """``value``, which must be one of the names in ``options``."""
    if not isinstance(value, str) or value not in options:
        raise InputError(f"{name}: {value!r} is none of: {', '.join(options)}")
    return value
