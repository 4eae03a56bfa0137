"""The handwritten digits that come with the package: 1,797 real ones, 8 x 8 pixels, 17 shades.

The test part of "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak 1998, UCI Machine Learning Repository,
doi 10.24432/C50P49, CC BY 4.0), in the order in which scikit-learn's `load_digits` has them.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from synthkit.generators.images.base import Images, ImageShape, Labels

__all__ = ["Digits"]

_COUNT, _SIDE, _WHITE = 1797, 8, 16


class Digits:
    """Values are 0 (paper) to 16 (ink); the one part is ``all``."""

    shape = ImageShape(_SIDE, _SIDE, 1, _WHITE)
    classes = tuple("0123456789")
    parts: Mapping[str, int] = {"all": _COUNT}

    def problems(self) -> list[str]:
        return []

    def read(self, part: str, items: npt.NDArray[np.int64]) -> tuple[Images, Labels]:
        del part
        records = _records()[items]
        return records[:, :-1].reshape(-1, _SIDE, _SIDE, 1), records[:, -1].astype(np.int64)


@cache
def _records() -> npt.NDArray[np.uint8]:
    """uint8 [1797, 65]: 64 values row by row, then the label."""
    packed = files("synthkit.generators").joinpath("data", "digits.u8.gz").read_bytes()
    return np.frombuffer(gzip.decompress(packed), np.uint8).reshape(_COUNT, _SIDE * _SIDE + 1)
