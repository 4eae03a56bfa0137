"""Elementary functions with the same bits on any machine: nothing but IEEE + - * / inside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError

__all__ = ["exp2", "log2"]


def exp2(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """2^x, elementwise, float64; 0 at and below -1022, infinity from 1024; relative error below 4e-16."""
    return _core.elementary.exp2(np.ascontiguousarray(x, dtype=np.float64))


def log2(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Base-2 logarithm, elementwise, float64.

    Raises:
        InputError: A number is not positive, not finite or not normal (below 2.3e-308).
    """
    values = np.ascontiguousarray(x, dtype=np.float64)
    if not np.all((values >= np.finfo(np.float64).tiny) & np.isfinite(values)):
        raise InputError("log2: all numbers must be positive, finite and normal")
    return _core.elementary.log2(values)
