"""The `Plan` of a recipe: sizes, and the rows of any piece of any split."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.plan.designs import make_design
from synthkit.plan.items import ItemPlan, pool_sizes
from synthkit.plan.sizes import limited
from synthkit.recipe import Random
from synthkit.recipe.model import Recipe
from synthkit.records import FactorInfo, Pool, Rows

__all__ = ["Plan", "make_plan"]


class Plan:
    """Which examples a dataset has. Rows are computed when asked for; nothing is kept.

    Attributes:
        recipe: What was planned.
        sizes: Split name -> number of examples, in the dataset's order.
        full_sizes: The same before ``design.limit``.
        factors: What varies.
        warnings: What a user should know.
    """

    def __init__(self, recipe: Recipe, pools: Mapping[str, Pool], *, repeatable: bool) -> None:
        self.recipe = recipe
        sized, whole = recipe, None
        if pools and isinstance(recipe.design, Random) and recipe.design.size is None:
            counts = pool_sizes(recipe, pools)
            sized, whole = recipe.model_copy(update={"splits": counts}), sum(counts.values())
        self._design = make_design(sized, repeatable=repeatable, whole=whole)
        self.full_sizes = self._design.sizes
        self._items = ItemPlan(recipe, self.full_sizes, pools) if pools else None
        self.sizes = limited(self.full_sizes, recipe.design.limit)
        self.factors: tuple[FactorInfo, ...] = tuple(factor.info() for factor in recipe.factors)
        self.warnings = (*self._design.warnings, *self._limit_note())

    @property
    def num_examples(self) -> int:
        return sum(self.sizes.values())

    def _limit_note(self) -> tuple[str, ...]:
        whole = sum(self.full_sizes.values())
        if self.num_examples == whole:
            return ()
        return (f"a part: the first {self.num_examples:,} of {whole:,} examples, over the splits in proportion",)

    def rows(self, split: str, first: int, count: int) -> Rows:
        """Factor values of examples first .. first + count - 1 of a split.

        Raises:
            InputError: No such split, or outside of it.
        """
        if split not in self.sizes:
            raise InputError(f"no split is named {split!r}; there are: {', '.join(self.sizes)}")
        if first < 0 or count < 0 or first + count > self.sizes[split]:
            raise InputError(f"{split}: rows {first} to {first + count} are outside of 0 to {self.sizes[split]}")
        return self.rows_at(split, np.arange(first, first + count, dtype=np.int64))

    def rows_at(self, split: str, index: npt.NDArray[np.int64]) -> Rows:
        """Factor values of the examples with these indices, int64 [n]."""
        columns = self._design.draw(split, index)
        values, indices = {}, np.full((len(index), len(columns)), -1, np.int64)
        for k, (factor, column) in enumerate(zip(self.recipe.factors, columns, strict=True)):
            if column.dtype == np.int64:
                indices[:, k] = column
                values[factor.name] = factor.at(column.astype(np.int64))
            else:
                values[factor.name] = factor.draw(column.astype(np.float64))
        item = None if self._items is None else self._items.items(split, index)
        return Rows(split=split, index=index, values=values, indices=indices, item=item)


def make_plan(recipe: Recipe, *, pools: Mapping[str, Pool] | None = None, repeatable: bool = False) -> Plan:
    """The plan of a recipe.

    Args:
        recipe: The recipe, resolved.
        pools: Split -> the finite pool that its items come from, for generators of that kind.
        repeatable: Examples with equal factor values differ: factors are drawn with replacement.

    Raises:
        InputError: The recipe's design cannot be met; the message names the field.
    """
    return Plan(recipe, pools or {}, repeatable=repeatable)
