"""The `Plan` of a recipe: sizes, and the rows of any piece of any split."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.plan.designs import make_design
from synthkit.plan.sizes import limited
from synthkit.recipe.model import Recipe
from synthkit.records import FactorInfo, Rows

__all__ = ["Plan", "make_plan"]


class Plan:
    """Which examples a dataset has. Rows are computed when asked for; nothing is kept.

    Attributes:
        recipe: What was planned.
        sizes: Split name -> number of examples, in the dataset's order.
        factors: What varies.
        warnings: What a user should know.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._design = make_design(recipe)
        self.sizes = limited(self._design.sizes, recipe.design.limit)
        self.factors: tuple[FactorInfo, ...] = tuple(factor.info() for factor in recipe.factors)
        self.warnings = (*self._design.warnings, *self._limit_note())

    @property
    def num_examples(self) -> int:
        return sum(self.sizes.values())

    def _limit_note(self) -> tuple[str, ...]:
        whole = sum(self._design.sizes.values())
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
        return Rows(split=split, index=index, values=values, indices=indices)


def make_plan(recipe: Recipe) -> Plan:
    """The plan of a recipe.

    Raises:
        InputError: The recipe's design cannot be met; the message names the field.
    """
    return Plan(recipe)
