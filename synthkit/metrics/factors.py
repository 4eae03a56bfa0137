"""Factors as they are given: which kind each is, and what cannot be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.arrays import as_array

__all__ = ["KINDS", "Factor", "Kind", "read_factors"]

Kind = Literal["categorical", "ordinal", "continuous"]
KINDS: tuple[Kind, ...] = ("categorical", "ordinal", "continuous")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Factor:
    """One factor of variation.

    Attributes:
        name: What results call it.
        kind: ``categorical``: values are class numbers, their order means nothing. ``ordinal``: levels in an order.
            ``continuous``: real numbers.
        values: float64 [N].
    """

    name: str
    kind: Kind
    values: Floats


def read_factors(factors: Any, kinds: Any, names: Any) -> tuple[Factor, ...]:
    """Check factors [N, K] and tell their kinds.

    Where no kinds are given, integer columns (and float columns of few whole numbers) are categorical, others
    continuous.

    Raises:
        InputError: Wrong shape or dtype, NaN or infinity, a constant factor, fractions declared categorical, nearly as
            many classes as rows, unknown kinds, wrong numbers of kinds or names.
    """
    array = as_array("factors", factors)
    if array.dtype.kind not in "fiub":
        raise InputError(f"factors: must be numbers, not {array.dtype}; number the classes of text columns")
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(f"factors: must be [N, K] and not empty, not {list(array.shape)}")
    values = array.astype(np.float64)
    labels = _names(names, array.shape[1])
    _refuse_not_finite(values, labels)
    whole = [array.dtype.kind in "iub" or _few_whole_numbers(column) for column in values.T]
    chosen = _kinds(kinds, whole)
    found = tuple(
        Factor(name, kind, np.ascontiguousarray(column))
        for name, kind, column in zip(labels, chosen, values.T, strict=True)
    )
    for factor in found:
        _refuse_unscorable(factor)
    return found


def _names(names: Any, count: int) -> list[str]:
    if names is None:
        return [f"factor {k}" for k in range(count)]
    found = [str(name) for name in names]
    if len(found) != count or len(set(found)) != count:
        raise InputError(f"factor_names: must be {count} different names, not {found}")
    return found


def _refuse_not_finite(values: Floats, names: list[str]) -> None:
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, k = (int(i) for i in bad[0])
        raise InputError(f"factors: {values[row, k]} at row {row}, {names[k]}; only finite numbers can be scored")


def _few_whole_numbers(column: Floats) -> bool:
    """Whether a float column can only be meant as class numbers: whole, and each met twice or more on average."""
    return bool(np.all(column == np.round(column))) and 2 * len(np.unique(column)) <= len(column)


def _kinds(kinds: Any, whole: list[bool]) -> list[Kind]:
    if kinds is None:
        return ["categorical" if w else "continuous" for w in whole]
    given = [kinds] * len(whole) if isinstance(kinds, str) else kinds
    if not isinstance(given, Sequence) or len(given) != len(whole):
        raise InputError(f"factor_kinds: must be one kind or {len(whole)} of them, not {kinds!r}")
    for k, kind in enumerate(given):
        if kind not in KINDS:
            raise InputError(f"factor_kinds[{k}]: {kind!r} is none of: {', '.join(KINDS)}")
    return list(given)


def _refuse_unscorable(factor: Factor) -> None:
    values, name = factor.values, factor.name
    distinct = np.unique(values)
    if len(distinct) == 1:
        raise InputError(
            f"factors: {name} is {distinct[0]:g} in all {len(values)} rows; a factor that does not vary has nothing to "
            f"recover: leave it out"
        )
    if factor.kind != "categorical":
        return
    broken = np.flatnonzero(values != np.round(values))
    if len(broken):
        raise InputError(
            f"factors: {name} is declared categorical but is {values[broken[0]]:g} at row {broken[0]}; give class "
            f"numbers (the column <factor>_index of a dataset), or declare it ordinal or continuous"
        )
    if 2 * len(distinct) > len(values):
        raise InputError(
            f"factors: {name} has {len(distinct)} classes in {len(values)} rows; there are too few rows of a class: "
            f"declare it ordinal or continuous, or score more rows"
        )
