"""Types of samples and codes, as NumPy, the CUDA array interface and DLPack name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["FORMATS", "Format", "by_dlpack", "by_numpy"]


@dataclass(frozen=True, slots=True)
class Format:
    """A type of numbers.

    Attributes:
        name: As torch names it.
        dtype: NumPy's; for bfloat16, which NumPy lacks, that of its bits.
        code: DLPack's kind: 0 signed, 1 unsigned, 2 float, 4 bfloat.
    """

    name: str
    dtype: np.dtype[Any]
    code: int

    @property
    def bits(self) -> int:
        """Width."""
        return 8 * self.dtype.itemsize


FORMATS = {
    f.name: f
    for f in (
        Format("float32", np.dtype(np.float32), 2),
        Format("float64", np.dtype(np.float64), 2),
        Format("bfloat16", np.dtype(np.uint16), 4),
        Format("int16", np.dtype(np.int16), 0),
        Format("int32", np.dtype(np.int32), 0),
        Format("int64", np.dtype(np.int64), 0),
        Format("uint16", np.dtype(np.uint16), 1),
        Format("uint32", np.dtype(np.uint32), 1),
    )
}


def by_numpy(dtype: np.dtype[Any]) -> Format | None:
    """The format of a NumPy type; None where no kernel knows it."""
    return next((f for f in FORMATS.values() if f.dtype == dtype and f.code != 4), None)


def by_dlpack(code: int, bits: int) -> Format | None:
    """The format of a DLPack type; None where no kernel knows it."""
    return next((f for f in FORMATS.values() if (f.code, f.bits) == (code, bits)), None)
