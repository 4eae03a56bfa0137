"""Arguments that describe the rows of a draw, one number for all rows or one each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.arrays import as_array, whole_array

__all__ = ["row_table", "words_of"]


def row_table(limits: Mapping[str, tuple[Any, int, int]], rows: int) -> npt.NDArray[np.int32]:
    """Columns side by side, int32 [rows, columns], each checked against its limits; min_* must not exceed max_*.

    Args:
        limits: By name: numbers (a scalar or [rows]), the least and the greatest allowed.
        rows: How many.

    Raises:
        InputError: Not integers, of another shape, or out of range (the row is named).
    """
    columns = {name: _column(name, values, rows, least, most) for name, (values, least, most) in limits.items()}
    for name in columns:
        other = name.replace("min_", "max_")
        if other != name and other in columns:
            wrong = np.flatnonzero(columns[name] > columns[other])
            if len(wrong):
                row = int(wrong[0])
                raise InputError(f"{name}: row {row}: {columns[name][row]} is above {other}, {columns[other][row]}")
    return np.stack(list(columns.values()), axis=1).astype(np.int32)


def words_of(name: str, values: Any, rows: int | None) -> npt.NDArray[np.uint32]:
    """32-bit words [rows], or as many as there are."""
    array = as_array(name, values)
    if rows is None:
        if array.ndim != 1:
            raise InputError(f"{name}: must be integers [n], not of shape {list(array.shape)}")
        rows = len(array)
        if rows == 0:
            return np.zeros(0, np.uint32)
    return np.ascontiguousarray(_column(name, array, rows, 0, 2**32 - 1).astype(np.uint32))


def _column(name: str, values: Any, rows: int, least: int, most: int) -> npt.NDArray[np.int64]:
    array = as_array(name, values)
    if array.shape not in ((), (rows,)):
        raise InputError(
            f"{name}: must be an integer or integers [{rows}], one for each index, not {list(array.shape)}"
        )
    column = np.broadcast_to(whole_array(name, array) if array.size else np.zeros(0, np.int64), (rows,))
    wrong = np.flatnonzero((column < least) | (column > most))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(f"{name}: row {row}: must be {least} to {most}, not {column[row]}")
    return column
