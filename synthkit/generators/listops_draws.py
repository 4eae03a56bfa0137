"""Which trees a ListOps recipe asks for, and their random draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.generators.listops_params import ListOpsParams, operator_mask
from synthkit.ops import listops
from synthkit.ops.listops_exact import TableCache
from synthkit.ops.listops_tables import MAX_TOKENS
from synthkit.ops.unique import HashSet
from synthkit.recipe import Recipe
from synthkit.records import Rows
from synthkit.seeds import attempt_words, derive_key, split_word

__all__ = ["ListOpsDraws"]

_TYPICAL_TOKENS = 60  # of an unbounded tree
_NUMBERS = ("min_args", "max_args", "base", "tokens", "depth", "operator_probability")


class ListOpsDraws:
    """The settings of each row, and the trees drawn under them.

    Depth or length fixed exactly are drawn from tables of all trees that have them; windows by rejection.
    """

    def __init__(self, recipe: Recipe, params: ListOpsParams) -> None:
        self._recipe = recipe
        self._params = params
        self._tree_key = derive_key(recipe.seed, recipe.name, "tree")
        self._answer_key = derive_key(recipe.seed, recipe.name, "answer")
        self._varied = {factor.name: factor for factor in recipe.factors}
        self.exact = (
            bool({"tokens", "depth"} & set(self._varied)) or params.tokens is not None or params.depth is not None
        )
        limits = {"max_depth": params.max_depth, "max_tokens": min(self.token_range[1], MAX_TOKENS)}
        self._tables = TableCache(**limits) if self.exact else None

    def choose(self, rows: Rows, part: tuple[int, int], seen: HashSet, threads: int) -> npt.NDArray[np.uint32]:
        """The attempt of each row, uint32 [n]."""
        return listops.choose(
            self.settings(rows),
            key=self._tree_key,
            split=split_word(rows.split),
            index=rows.index,
            part=part,
            wanted=self._wanted(rows),
            seen=seen,
            threads=threads,
            tables=self._tables,
        )

    def trees(self, rows: Rows) -> listops.Trees:
        """The tree of each row's attempt."""
        attempt = np.zeros(len(rows), np.uint32) if rows.attempt is None else rows.attempt
        return listops.draw(
            self.settings(rows),
            key=self._tree_key,
            split=split_word(rows.split),
            index=rows.index,
            attempt=attempt,
            tables=self._tables,
        )

    def settings(self, rows: Rows) -> listops.Settings:
        """What is asked of each row's tree: numbers for all rows, or arrays [n] of what varies."""
        get = {name: rows.values.get(name, getattr(self._params, name)) for name in _NUMBERS}
        low, high = self._params.window(rows.split)
        return listops.Settings(
            operators=self._masks(rows),
            operator_probability=get["operator_probability"],
            min_args=_whole(get["min_args"]),
            max_args=_whole(get["max_args"]),
            base=_whole(get["base"]),
            min_depth=self._params.min_depth if get["depth"] is None else _whole(get["depth"]),
            max_depth=self._params.max_depth if get["depth"] is None else _whole(get["depth"]),
            min_tokens=low if get["tokens"] is None else _whole(get["tokens"]),
            max_tokens=high if get["tokens"] is None else _whole(get["tokens"]),
        )

    def _masks(self, rows: Rows) -> int | npt.NDArray[np.int32]:
        if "operators" not in rows.values:
            return operator_mask(self._params.operators)
        names = rows.values["operators"].tolist()
        masks = {name: operator_mask(str(name)) for name in sorted(set(names))}
        return np.array([masks[name] for name in names], np.int32)

    def _wanted(self, rows: Rows) -> npt.NDArray[np.int32] | None:
        """The answer that each row must have where answers are balanced: a keyed shuffle of each run of ``base``."""
        if not self._params.balanced:
            return None
        base = self._params.base
        block, place = np.divmod(rows.index, np.int64(base))
        blocks, inverse = np.unique(block, return_inverse=True)
        words = attempt_words(self._answer_key, split_word(rows.split), blocks, np.zeros(len(blocks), np.uint32), base)
        order = np.argsort(words, axis=1, kind="stable")
        return order[inverse, place].astype(np.int32)

    def smallest(self, name: str) -> int:
        """Smallest value of a whole number over the dataset."""
        return self._extreme(name, 0)

    def largest(self, name: str) -> int:
        """Largest value of a whole number over the dataset."""
        return self._extreme(name, 1)

    def _extreme(self, name: str, which: int) -> int:
        if name in self._varied:
            return int((self._varied[name].extremes or (0.0, 0.0))[which])
        return int(getattr(self._params, name))

    def varies(self, name: str) -> bool:
        """Whether the recipe varies a factor."""
        return name in self._varied

    def drawn_from_a_range(self, name: str) -> bool:
        """Whether a factor has no levels."""
        return name in self._varied and self._varied[name].levels is None

    def place(self, name: str) -> str:
        """Where a recipe says a factor's value."""
        return f"factors.{name}" if name in self._varied else f"params.{name}"

    def values(self, name: str) -> list[int | None]:
        """All values of a whole number over the dataset; [None] where it is not fixed."""
        if name in self._varied:
            factor = self._varied[name]
            return [int(value) for value in factor.at(np.arange(factor.levels or 0, dtype=np.int64)).tolist()]
        return [getattr(self._params, name)]

    @property
    def used_operators(self) -> tuple[int, ...]:
        """Places in OPERATORS of those that can occur in the dataset."""
        factor = self._varied.get("operators")
        sets = [self._params.operators] if factor is None else [str(name) for name in getattr(factor, "values", ())]
        names = {name for each in sets for name in each.split()}
        return tuple(k for k, name in enumerate(listops.OPERATORS) if name in names)

    @property
    def extremes_of_probability(self) -> tuple[float, ...]:
        """Smallest and largest operator probability over the dataset."""
        factor = self._varied.get("operator_probability")
        if factor is None or factor.extremes is None:
            return (self._params.operator_probability,)
        return factor.extremes

    @property
    def token_range(self) -> tuple[int, int]:
        """Fewest and most tokens over the dataset; what the depth allows is no limit here."""
        if self.varies("tokens") or self._params.tokens is not None:
            return self.smallest("tokens"), self.largest("tokens")
        windows = [self._params.window(split) for split in self._recipe.split_names]
        return min(low for low, _ in windows), max(high for _, high in windows)

    @property
    def depth_range(self) -> tuple[int, int]:
        """Fewest and most nested operators over the dataset."""
        if self.varies("depth") or self._params.depth is not None:
            return self.smallest("depth"), self.largest("depth")
        return self._params.min_depth, self._params.max_depth

    @property
    def typical_tokens(self) -> int:
        """About how many tokens a tree has, for sizes of batches."""
        low, high = self.token_range
        return max(low, min((low + high) // 2, _TYPICAL_TOKENS + low))


def _whole(value: Any) -> Any:
    """Whole numbers of factors come as floats where they were listed as such."""
    return value.astype(np.int32) if isinstance(value, np.ndarray) else int(value)
