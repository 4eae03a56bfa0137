"""What ListOps trees are drawn from and kept in, checked and brought into form for the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.arrays import as_array, finite, whole_array

__all__ = [
    "LEVELS",
    "MAX_TOKENS",
    "OPERATORS",
    "STYLES",
    "Settings",
    "Trees",
    "check_names",
    "check_trees",
    "explanation_codes",
    "rows_of",
    "setting_columns",
]

OPERATORS = ("MIN", "MAX", "MED", "SM", "FIRST", "LAST", "PM")
STYLES = ("prefix", "parens", "tokens")
LEVELS = ("answer", "short", "medium", "long")
MAX_TOKENS = 1_000_000
_NAME_BYTES = 24

Whole = int | npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Settings:
    """What trees to draw; each field one number for all rows, or an array [n].

    Attributes:
        operators: Names out of `OPERATORS`, or a bit mask, 1 to 127 (bit k: ``OPERATORS[k]``).
        operator_probability: That a node above the deepest level is an operator, 0 to 1.
        min_args: Least number of arguments, 1 to ``max_args``.
        max_args: Largest, up to 255; all numbers between are as probable.
        base: Values are 0 to base - 1; 2 to 256.
        min_depth: Least depth of the whole tree: operators inside of each other; a bare value has 0.
        max_depth: Largest depth: deeper nodes are values.
        min_tokens: Least length: 1 for a value, 2 for an operator (its name and its bracket).
        max_tokens: Largest, up to 1,000,000.
    """

    operators: Whole | Sequence[str] = OPERATORS[:4]
    operator_probability: float | npt.NDArray[Any] = 0.25
    min_args: Whole = 2
    max_args: Whole = 10
    base: Whole = 10
    min_depth: Whole = 0
    max_depth: Whole = 9
    min_tokens: Whole = 501
    max_tokens: Whole = 1999


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees as streams of nodes in prefix order, with their measures.

    Attributes:
        nodes: uint16 [total]: a value as itself, an operator as 0x8000 + 256 * (place in `OPERATORS`) + arguments.
        offsets: int64 [n + 1]: row i is ``nodes[offsets[i]:offsets[i + 1]]``.
        base: int32 [n]: values are below it.
        value: int32 [n]: the answer.
        depth: int32 [n]: operators inside of each other; 0 for a bare value.
        tokens: int32 [n]: values + 2 * operators.
        operators: int32 [n]: how many.
        root: int32 [n]: place of the root in `OPERATORS`, -1 for a bare value.
        hash: uint64 [n]: of the row's nodes as bytes, each node's low byte first; see
            `synthkit.ops.unique.hash_strings`. Equal trees have equal hashes, whatever their base.
    """

    nodes: npt.NDArray[np.uint16]
    offsets: npt.NDArray[np.int64]
    base: npt.NDArray[np.int32]
    value: npt.NDArray[np.int32]
    depth: npt.NDArray[np.int32]
    tokens: npt.NDArray[np.int32]
    operators: npt.NDArray[np.int32]
    root: npt.NDArray[np.int32]
    hash: npt.NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.base)

    def row(self, i: int) -> npt.NDArray[np.uint16]:
        """The nodes of row ``i``."""
        return self.nodes[self.offsets[i] : self.offsets[i + 1]]


def _column(name: str, value: Any, n: int, least: int, most: int) -> npt.NDArray[np.int64]:
    column = whole_array(name, value)
    if column.ndim > 1 or (column.ndim == 1 and len(column) != n):
        raise InputError(f"{name}: must be one number or {n}, one a row, not {list(column.shape)}")
    bad = np.flatnonzero((column < least) | (column > most))
    if len(bad):
        where = f" at row {bad[0]}" if column.ndim else ""
        raise InputError(f"{name}: must be {least} to {most}, not {column.reshape(-1)[bad[0]]}{where}")
    return column


def _mask(operators: Any) -> Any:
    if isinstance(operators, str):
        raise InputError(f"operators: must be a sequence of names or a bit mask, not {operators!r}")
    if not isinstance(operators, Sequence):
        return operators
    if len(operators) == 0:
        raise InputError("operators: must name at least one operator")
    mask = 0
    for name in operators:
        if name not in OPERATORS:
            raise InputError(f"operators: {name!r} is none of: {', '.join(OPERATORS)}")
        mask |= 1 << OPERATORS.index(name)
    return mask


def setting_columns(settings: Settings, n: int) -> npt.NDArray[np.int64]:
    """The settings of ``n`` rows, int64 [n, 9], or [1, 9] where all rows have the same.

    Columns: operators, threshold T = round(2^32 operator_probability), then arguments, base, depth and tokens.

    Raises:
        InputError: A number is out of its range, or a least one above its largest.
    """
    given = settings.operator_probability
    probability = finite("operator_probability", given).reshape(np.shape(given))
    if probability.size and not ((probability >= 0) & (probability <= 1)).all():
        raise InputError("operator_probability: must be 0 to 1")
    s = settings
    columns = [
        _column("operators", _mask(s.operators), n, 1, 127),
        _column("operator_probability", np.rint(probability * 2.0**32).astype(np.int64), n, 0, 2**32),
        _column("min_args", s.min_args, n, 1, 255),
        _column("max_args", s.max_args, n, 1, 255),
        _column("base", s.base, n, 2, 256),
        _column("min_depth", s.min_depth, n, 0, MAX_TOKENS),
        _column("max_depth", s.max_depth, n, 0, MAX_TOKENS),
        _column("min_tokens", s.min_tokens, n, 1, MAX_TOKENS),
        _column("max_tokens", s.max_tokens, n, 1, MAX_TOKENS),
    ]
    for low, high, name in ((2, 3, "args"), (5, 6, "depth"), (7, 8, "tokens")):
        if (columns[low] > columns[high]).any():
            raise InputError(f"min_{name}: must not be above max_{name}")
    rows = n if any(column.ndim for column in columns) else 1
    table = np.empty((rows, len(columns)), np.int64)
    for k, column in enumerate(columns):
        table[:, k] = column
    return table


def rows_of(name: str, values: Any, n: int | None, dtype: type[np.integer[Any]]) -> npt.NDArray[Any]:
    """Integers [n] (any number for None) of ``dtype``, refused where they do not fit."""
    array = as_array(name, values)
    if array.dtype != dtype:
        wide = whole_array(name, array)
        limits = np.iinfo(dtype)
        if wide.size and (wide.min() < limits.min or wide.max() > limits.max):
            raise InputError(f"{name}: must be {limits.min} to {limits.max}")
        array = wide.astype(dtype)
    if array.ndim != 1 or (n is not None and len(array) != n):
        raise InputError(f"{name}: must be [{'n' if n is None else n}], one a row, not {list(array.shape)}")
    return np.ascontiguousarray(array)


def check_names(names: Any) -> list[str]:
    """Seven different names, one for each of `OPERATORS`.

    Raises:
        InputError: Not seven, not different, too long (24 bytes), or with spaces or brackets in them.
    """
    if isinstance(names, str) or not isinstance(names, Sequence) or len(names) != len(OPERATORS):
        raise InputError(f"names: must be {len(OPERATORS)} names, for {', '.join(OPERATORS)}")
    for name in names:
        if not isinstance(name, str) or not name or len(name.encode()) > _NAME_BYTES:
            raise InputError(f"names: {name!r} must be a text of 1 to {_NAME_BYTES} bytes")
        if any(c.isspace() or c in "[]()" for c in name):
            raise InputError(f"names: {name!r} must have no spaces or brackets in it")
    if len(set(names)) != len(names):
        raise InputError("names: must be different from each other")
    return list(names)


def check_trees(trees: Any) -> Trees:
    """``trees``, if it is `Trees` with arrays that fit together."""
    if not isinstance(trees, Trees):
        raise InputError(f"trees: must be Trees (from draw, measure or parse), not {type(trees).__name__}")
    given = [str(array.dtype) for array in (trees.nodes, trees.offsets, trees.base)]
    if given != ["uint16", "int64", "int32"] or trees.offsets.shape != (len(trees) + 1,):
        raise InputError("trees: nodes must be uint16 [total], offsets int64 [n + 1] and base int32 [n]")
    if len(trees) and (trees.base.min() < 2 or trees.base.max() > 256):
        raise InputError("trees: base must be 2 to 256")
    return trees


def explanation_codes(level: Any, n: int) -> npt.NDArray[np.int32]:
    """A name out of `LEVELS`, or codes [n] (places in `LEVELS`, -1 for no explanation), as int32 [n]."""
    if isinstance(level, str):
        if level not in LEVELS:
            raise InputError(f"level: {level!r} is none of: {', '.join(LEVELS)}")
        return np.full(n, LEVELS.index(level), np.int32)
    codes = rows_of("level", level, n, np.int32)
    if codes.size and (codes.min() < -1 or codes.max() >= len(LEVELS)):
        raise InputError(f"level: codes must be -1 (none) to {len(LEVELS) - 1} ({LEVELS[-1]})")
    return codes
