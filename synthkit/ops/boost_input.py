"""Checks what is given to the boosted trees and brings it into the kernel's form."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.arrays import choose, whole

__all__ = ["LOSSES", "MAX_BYTES", "BoostInput", "gather"]

LOSSES = ("classification", "regression")
MAX_BYTES = 2**31
_LANES = 8


@dataclass(frozen=True)
class BoostInput:
    """Checked input.

    Attributes:
        codes: float32 [B, N, D].
        targets: float64 [K, N]: values, or ranks of labels among those of the training rows, -1 for others.
        labels: For each factor its training labels, ascending; empty arrays for regression.
        classes: int32 [K]: number of labels; 0 for regression.
        train_rows: So many first rows train.
        stages: Number of stages.
        learning_rate: Factor of each tree.
        max_depth: Of each tree.
    """

    codes: npt.NDArray[np.float32]
    targets: npt.NDArray[np.float64]
    labels: list[npt.NDArray[np.int64]]
    classes: npt.NDArray[np.int32]
    train_rows: int
    stages: int
    learning_rate: float
    max_depth: int


def gather(
    codes: Any, targets: Any, train_rows: Any, loss: Any, stages: Any, learning_rate: Any, max_depth: Any
) -> BoostInput:
    """All of it checked; errors name the argument."""
    loss = choose(loss, LOSSES, name="loss")
    values = _codes(codes)
    rows = values.shape[1]
    table = _table(targets, rows)
    train = whole("train_rows", train_rows, 2, rows)
    if loss == "regression":
        ranks, labels = _values(table, train), [np.empty(0, np.int64)] * table.shape[1]
    else:
        ranks, labels = _ranks(table, train)
    classes = np.array([len(own) for own in labels], np.int32)
    _refuse_large(classes, rows)
    if isinstance(learning_rate, bool) or not isinstance(learning_rate, Real) or not 0 < float(learning_rate) <= 1e6:
        raise InputError(f"learning_rate: must be above 0 and at most 1e6, not {learning_rate!r}")
    return BoostInput(
        values,
        ranks,
        labels,
        classes,
        train,
        whole("stages", stages, 1, 100_000),
        float(learning_rate),
        whole("max_depth", max_depth, 1, 3),
    )


def _codes(codes: Any) -> npt.NDArray[np.float32]:
    given = np.asarray(codes)
    if given.ndim not in (2, 3) or given.dtype.kind not in "fiu":
        raise InputError(f"codes: must be numbers [B, N, D] or [N, D], not {given.dtype} {list(given.shape)}")
    if given.ndim == 2:
        given = given[None]
    if given.shape[1] < 2 or given.shape[2] < 1:
        raise InputError(f"codes: needs at least 2 rows and 1 code, not [B, N, D] = {list(given.shape)}")
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(given, dtype=np.float32)
    if not np.isfinite(values).all():
        b, row, column = np.argwhere(~np.isfinite(values))[0]
        raise InputError(
            f"codes: model {b}, row {row}, code {column} is {given[b, row, column]!s}; "
            "all must be finite in float32 (drop or repair such rows)"
        )
    return values


def _table(targets: Any, rows: int) -> npt.NDArray[Any]:
    table = np.asarray(targets)
    if table.ndim != 2 or table.dtype.kind not in "fiub" or not table.shape[1]:
        raise InputError(f"targets: must be numbers [N, K] with K >= 1, not {table.dtype} {list(table.shape)}")
    if len(table) != rows:
        raise InputError(f"targets: has {len(table)} rows, but codes has {rows}")
    return table


def _values(table: npt.NDArray[Any], train: int) -> npt.NDArray[np.float64]:
    values = np.ascontiguousarray(table.T, dtype=np.float64)
    if not (np.abs(values) <= 1e100).all():  # NaN as well
        column, row = np.argwhere(~(np.abs(values) <= 1e100))[0]
        raise InputError(f"targets: row {row}, factor {column} is {values[column, row]}; at most 1e100 in size")
    for k, own in enumerate(values):
        if (own[:train] == own[0]).all():
            raise InputError(f"targets: factor {k} is constant in the {train} training rows; leave it out")
    return values


def _ranks(table: npt.NDArray[Any], train: int) -> tuple[npt.NDArray[np.float64], list[npt.NDArray[np.int64]]]:
    if table.dtype.kind == "f":
        raise InputError(f"targets: labels must be whole numbers, not {table.dtype}; or set loss='regression'")
    if table.dtype == np.uint64 and table.size and table.max() > np.iinfo(np.int64).max:
        raise InputError("targets: labels must fit int64")
    ranks = np.empty(table.T.shape)
    labels = []
    for k, own in enumerate(table.T.astype(np.int64)):
        found = np.unique(own[:train])
        if len(found) < 2:
            raise InputError(
                f"targets: factor {k} has the one label {found[0]} in the {train} training rows; leave it out"
            )
        place = np.minimum(np.searchsorted(found, own), len(found) - 1)
        ranks[k] = np.where(found[place] == own, place, -1)
        labels.append(found)
    return ranks, labels


def _refuse_large(classes: npt.NDArray[np.int32], rows: int) -> None:
    trees = int(np.where(classes > 2, classes, 1).sum())
    size = 16 * rows * (-(-trees // _LANES) * _LANES)
    if size > MAX_BYTES:
        raise InputError(
            f"targets: {trees} trees a stage on {rows} rows need {size / 2**30:.1f} GiB, more than the "
            f"{MAX_BYTES // 2**30} allowed; give fewer rows, or fewer factors at a time"
        )
