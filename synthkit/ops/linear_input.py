"""What the linear classifiers are given: codes, labels and rows to train on, checked and converted."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.arrays import finite, whole, whole_array

__all__ = ["LinearInput", "flag", "gather", "positive"]


@dataclass(frozen=True)
class LinearInput:
    """Checked input of one call.

    Attributes:
        codes: float64 [B, N, D], finite.
        labels: int32 [K, N]: position of the label among the training rows' classes, -1 for a label not among them.
        classes: For each factor its labels in the training rows, ascending, int64.
        train_rows: The first so many rows are fitted.
    """

    codes: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int32]
    classes: tuple[npt.NDArray[np.int64], ...]
    train_rows: int

    @property
    def class_counts(self) -> npt.NDArray[np.int32]:
        """Classes of each factor, int32 [K]."""
        return np.array([len(c) for c in self.classes], np.int32)


def gather(codes: Any, labels: Any, train_rows: Any) -> LinearInput:
    """Check and convert; see `LinearInput`.

    Args:
        codes: Numbers [B, N, D], or [N, D] for B = 1.
        labels: Integers [N, K], or [N] for K = 1.
        train_rows: 1 to N, or None for N.

    Raises:
        InputError: Wrong shape or type, NaN or infinity, or one class alone in the training rows of a factor.
    """
    points = finite("codes", codes)
    points = points[None] if points.ndim == 2 else points
    if points.ndim != 3 or 0 in points.shape:
        raise InputError(f"codes: must be [N, D] or [B, N, D], none of them 0, not {list(np.shape(codes))}")
    named = whole_array("labels", labels)
    named = named[:, None] if named.ndim == 1 else named
    rows = points.shape[1]
    if named.ndim != 2 or named.shape[0] != rows or not named.shape[1]:
        raise InputError(f"labels: must be [{rows}] or [{rows}, K], one row for each of codes, not {list(named.shape)}")
    count = rows if train_rows is None else whole("train_rows", train_rows, 1, rows)
    ranked = np.empty((named.shape[1], rows), np.int32)
    classes = []
    for k in range(named.shape[1]):
        found = np.unique(named[:count, k])
        if len(found) < 2:
            raise InputError(
                f"labels: factor {k} has the single class {found[0]} in the first {count} rows; a classifier needs "
                "two: shuffle the rows, train on more of them or leave the factor out"
            )
        places = np.minimum(np.searchsorted(found, named[:, k]), len(found) - 1)
        ranked[k] = np.where(found[places] == named[:, k], places, -1)
        classes.append(found)
    return LinearInput(points, ranked, tuple(classes), count)


def positive(name: str, value: Any, *, infinite: bool = False) -> float:
    """A number above 0; infinity only where allowed."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not float(value) > 0 or (np.isinf(float(value)) and not infinite):
        raise InputError(f"{name}: must be a number above 0{'' if infinite else ' and finite'}, not {value!r}")
    return float(value)


def flag(name: str, value: Any) -> bool:
    """A boolean, as it is."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name}: must be True or False, not {value!r}")
    return bool(value)
