"""Items of finite pools: which item an example is, without replacement, and without overlap between splits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.plan.sizes import split_sizes
from synthkit.recipe.model import Recipe
from synthkit.records import Pool
from synthkit.seeds import Permutation, derive_key

__all__ = ["ItemPlan", "pool_sizes"]


def _refuse_small_pools(sizes: Mapping[str, int], pools: Mapping[str, Pool]) -> None:
    """Refuse splits that want more items than their pool has.

    Raises:
        InputError: A pool is too small; the message says how many items there are.
    """
    for name in sorted({pool.name for pool in pools.values()}):
        splits = [split for split in sizes if pools[split].name == name]
        size = next(pool.size for pool in pools.values() if pool.name == name)
        wanted = sum(sizes[split] for split in splits)
        if wanted > size:
            what = "exist" if len({pool.name for pool in pools.values()}) == 1 else f"exist in part {name!r}"
            raise InputError(
                f"splits: {wanted} different examples are asked for ({', '.join(splits)}), but only {size} {what}"
            )


class ItemPlan:
    """A keyed permutation of each pool; its splits take consecutive pieces of it.

    Args:
        recipe: The recipe, for its seed and name.
        sizes: Full number of examples of each split, in order.
        pools: Split -> pool.
    """

    def __init__(self, recipe: Recipe, sizes: Mapping[str, int], pools: Mapping[str, Pool]) -> None:
        _refuse_small_pools(sizes, pools)
        taken: dict[str, int] = {}
        self._first: dict[str, int] = {}
        self._order: dict[str, Permutation] = {}
        for split, size in sizes.items():
            pool = pools[split]
            self._first[split] = taken.get(pool.name, 0)
            taken[pool.name] = self._first[split] + size
            self._order[split] = Permutation(derive_key(recipe.seed, recipe.name, f"items:{pool.name}"), pool.size)

    def items(self, split: str, index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Item of each example of a split, int64 [n]."""
        return self._order[split](index + np.int64(self._first[split]))


def pool_sizes(recipe: Recipe, pools: Mapping[str, Pool]) -> dict[str, int]:
    """Examples of each split where a recipe takes all items: each pool is shared out among its own splits."""
    sizes: dict[str, int] = {}
    for name in sorted({pool.name for pool in pools.values()}):
        members = [split for split in recipe.split_names if pools[split].name == name]
        wanted = {s: size for s in members if not isinstance(size := recipe.splits[s], str)}
        whole = sum(wanted.values())
        shares = {s: size / whole if isinstance(size, float) else size for s, size in wanted.items()}
        pool = next(pool for pool in pools.values() if pool.name == name)
        sizes |= split_sizes(pool.size, shares, f"pool {name!r}")
    return {split: sizes[split] for split in recipe.split_names}
