"""Tables for `synthkit.ops.listops.choose` and `draw`, built as settings ask for them and kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.listops_tables import TreeTables

__all__ = ["TableCache"]

_MOST_TABLES = 256
_MIN_ARGS, _MAX_ARGS, _THRESHOLD = 2, 3, 1


class TableCache:
    """Tables of all numbers of arguments and operator probabilities that occur; picklable by its limits.

    Args:
        max_depth: Deepest nodes are values: the process's limit, whatever depth is asked of a tree; up to 512.
        max_tokens: Length of the longest trees that can be drawn, up to 4096.
    """

    def __init__(self, *, max_depth: int, max_tokens: int) -> None:
        self.max_depth = max_depth
        self.max_tokens = max_tokens
        self._tables: dict[tuple[int, int, int], TreeTables] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"max_depth": self.max_depth, "max_tokens": self.max_tokens}

    def __setstate__(self, state: dict[str, Any]) -> None:
        TableCache.__init__(self, **state)

    def tables(self, min_args: int, max_args: int, threshold: int) -> TreeTables:
        """The tables of one process; ``threshold`` is 2^32 times the operator probability.

        Raises:
            InputError: They would be too large, or there are 256 others already.
        """
        key = (min_args, max_args, threshold)
        if key not in self._tables:
            if len(self._tables) >= _MOST_TABLES:
                raise InputError(
                    f"settings: exact depths and lengths need a table for each operator_probability, min_args and "
                    f"max_args; at most {_MOST_TABLES} different ones (give them levels, not a range)"
                )
            self._tables[key] = TreeTables(
                min_args=min_args,
                max_args=max_args,
                operator_probability=threshold * 2.0**-32,
                max_depth=self.max_depth,
                max_tokens=self.max_tokens,
            )
        return self._tables[key]

    def of(self, columns: npt.NDArray[np.int64]) -> tuple[list[TreeTables], npt.NDArray[np.int32]]:
        """Tables for rows of settings (`setting_columns`), and the place of each row's among them, int32 [n]."""
        kinds, place = np.unique(columns[:, [_MIN_ARGS, _MAX_ARGS, _THRESHOLD]], axis=0, return_inverse=True)
        found = [self.tables(*kind) for kind in kinds.tolist()]
        return found, place.reshape(-1).astype(np.int32)
