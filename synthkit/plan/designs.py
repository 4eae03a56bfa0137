"""One class a design: index -> level or uniform number of each factor.

Every design answers `draw(split, index)` with a `Draw`: for each factor an int64 level or a float64 number in [0, 1),
for any indices, without state. ``sizes`` holds the full size of each split (before a limit), so that an example is the
same with and without a limit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from synthkit import exact
from synthkit.errors import InputError
from synthkit.plan.sizes import split_sizes
from synthkit.recipe.designs import Correlated, Grid, HeldOut, LatinHypercube, Random
from synthkit.recipe.factors import FactorBase
from synthkit.recipe.model import HELD_OUT, Recipe, level_of
from synthkit.seeds import Permutation, derive_key, split_word, uniforms

__all__ = ["DesignPlan", "make_design"]

_MAX_CELLS = 2**62
_MAX_TABLE = 2**22
Index = npt.NDArray[np.int64]
Column = npt.NDArray[np.int64] | npt.NDArray[np.float64]


class DesignPlan(Protocol):
    """What a design must answer.

    Attributes:
        sizes: Full number of examples of each split.
        warnings: What a user should know, e.g. that combinations may repeat.
    """

    sizes: dict[str, int]
    warnings: tuple[str, ...]

    def draw(self, split: str, index: Index) -> list[Column]:
        """For each factor: int64 levels, or float64 numbers in [0, 1) for factors without levels; shape [n]."""


def make_design(recipe: Recipe, *, repeatable: bool, whole: int | None = None) -> DesignPlan:
    """The design of a recipe.

    Args:
        recipe: The recipe.
        repeatable: Examples with equal factor values differ, so that combinations may occur more than once.
        whole: Number of examples where the design leaves it open, e.g. all items of a pool.

    Raises:
        InputError: The design cannot be met: an empty split, more examples than combinations.
    """
    design = recipe.design
    match design:
        case Grid():
            return _GridPlan(recipe, design, repeatable=repeatable)
        case Random():
            size = design.size or whole
            if size is None:
                raise InputError("design.size: is missing; say how many examples there shall be")
            if not repeatable and all(factor.levels is not None for factor in recipe.factors):
                return _GridPlan(recipe, Grid(size=size), repeatable=False)
            return _RandomPlan(recipe, size)
        case LatinHypercube():
            return _LatinPlan(recipe, design, repeatable=repeatable)
        case Correlated():
            return _CorrelatedPlan(recipe, design, repeatable=repeatable)
        case HeldOut():
            return _HeldOutPlan(recipe, design)


def _level_counts(factors: Sequence[FactorBase]) -> list[int]:
    counts = [factor.levels for factor in factors if factor.levels is not None]
    if math.prod(counts) > _MAX_CELLS:
        raise InputError(f"factors: the grid has {math.prod(counts):.3g} cells, more than 2^62")
    return counts


def _unravel(cell: Index, counts: Sequence[int]) -> list[Column]:
    """Levels of a cell, the last factor varying fastest."""
    levels: list[Column] = []
    for count in reversed(counts):
        cell, level = np.divmod(cell, np.int64(count))
        levels.append(level)
    return levels[::-1]


def _offsets(sizes: Mapping[str, int]) -> dict[str, int]:
    """First global number of each split."""
    offsets, first = {}, 0
    for name, size in sizes.items():
        offsets[name] = first
        first += size
    return offsets


def _ordered_splits(recipe: Recipe) -> dict[str, int | float]:
    return {name: size for name in recipe.split_names if not isinstance(size := recipe.splits[name], str)}


class _GridPlan:
    """Cells of the grid in keyed-permuted or in natural order; splits are consecutive pieces of that order."""

    def __init__(self, recipe: Recipe, design: Grid, *, repeatable: bool) -> None:
        self._counts = _level_counts(recipe.factors)
        self._repeats = design.repeats
        if self._repeats > 1 and not repeatable:
            raise InputError("design.repeats: must be 1: examples with equal factor values would be equal")
        cells = math.prod(self._counts) * self._repeats
        if cells > _MAX_CELLS:
            raise InputError(f"design.repeats: {cells:.3g} examples, more than 2^62")
        if design.size is not None and design.size > cells:
            what = f"the grid has {cells} combinations" + (" with repeats" if self._repeats > 1 else "")
            raise InputError(f"design.size: {design.size} examples are asked for, but {what}")
        self.sizes = split_sizes(design.size or cells, _ordered_splits(recipe), "the grid")
        self.warnings: tuple[str, ...] = ()
        self._offsets = _offsets(self.sizes)
        key = derive_key(recipe.seed, recipe.name, "design")
        self._permutation = Permutation(key, cells) if design.shuffle else None

    def draw(self, split: str, index: Index) -> list[Column]:
        position = index + np.int64(self._offsets[split])
        cell = position if self._permutation is None else self._permutation(position)
        return _unravel(cell // np.int64(self._repeats), self._counts)


class _RandomPlan:
    """Each factor drawn apart from its own stream."""

    def __init__(self, recipe: Recipe, size: int) -> None:
        self.sizes = split_sizes(size, _ordered_splits(recipe), "the design")
        self.warnings: tuple[str, ...] = ()
        self._factors = recipe.factors
        self._keys = [derive_key(recipe.seed, recipe.name, f"factor:{factor.name}") for factor in recipe.factors]

    def uniforms(self, split: str, index: Index) -> list[npt.NDArray[np.float64]]:
        word = split_word(split)
        return [uniforms(key, word, index)[:, 0] for key in self._keys]

    def draw(self, split: str, index: Index) -> list[Column]:
        return _columns(self._factors, self.uniforms(split, index))


class _LatinPlan(_RandomPlan):
    """A permutation of the strata for each factor; strata are numbered over all splits."""

    def __init__(self, recipe: Recipe, design: LatinHypercube, *, repeatable: bool) -> None:
        super().__init__(recipe, design.size)
        self.warnings = () if repeatable else _repeat_warning(recipe)
        self._offsets = _offsets(self.sizes)
        self._total = sum(self.sizes.values())
        self._strata = [
            Permutation(derive_key(recipe.seed, recipe.name, f"strata:{factor.name}"), self._total)
            if design.factors is None or factor.name in design.factors
            else None
            for factor in recipe.factors
        ]

    def draw(self, split: str, index: Index) -> list[Column]:
        position = index + np.int64(self._offsets[split])
        inside = self.uniforms(split, index)
        below_one = np.nextafter(1.0, 0.0)
        u = [
            jitter if strata is None else np.minimum((strata(position) + jitter) / self._total, below_one)
            for strata, jitter in zip(self._strata, inside, strict=True)
        ]
        return _columns(self._factors, u)


class _CorrelatedPlan(_RandomPlan):
    """A Gaussian copula on two factors.

    Spearman's correlation s of two normals with Pearson correlation r is (6 / pi) asin(r / 2) (Kruskal 1958), so that
    r = 2 sin(pi s / 6).
    """

    def __init__(self, recipe: Recipe, design: Correlated, *, repeatable: bool) -> None:
        super().__init__(recipe, design.size)
        self.warnings = () if repeatable else _repeat_warning(recipe)
        names = [factor.name for factor in recipe.factors]
        self._pair = (names.index(design.factors[0]), names.index(design.factors[1]))
        self._splits = recipe.split_names if design.splits is None else design.splits
        self._pearson = 2 * _sine(math.pi * design.correlation / 6)

    def uniforms(self, split: str, index: Index) -> list[npt.NDArray[np.float64]]:
        columns = super().uniforms(split, index)
        if split not in self._splits:
            return columns
        first, second = (columns[i] for i in self._pair)
        tiny = 2.0**-54
        z1 = exact.normal_quantile(first + tiny)
        z2 = exact.normal_quantile(second + tiny)
        mixed = self._pearson * z1 + math.sqrt(1 - self._pearson * self._pearson) * z2
        columns[self._pair[1]] = np.minimum(exact.normal_cdf(mixed), np.nextafter(1.0, 0.0))
        return columns


class _HeldOutPlan:
    """A grid in two parts: cells with a held-out combination, and all others."""

    def __init__(self, recipe: Recipe, design: HeldOut) -> None:
        self.warnings: tuple[str, ...] = ()
        names = [factor.name for factor in recipe.factors]
        self._order = [*map(names.index, design.factors)]
        self._order += [i for i in range(len(names)) if i not in self._order]
        factors = [recipe.factors[i] for i in self._order]
        _level_counts(factors)
        self._pair_counts = _level_counts(factors[: len(design.factors)])
        self._rest_counts = _level_counts(factors[len(design.factors) :])
        held = _held_out_table(recipe, design, self._pair_counts)
        rest = math.prod(self._rest_counts)
        key = derive_key(recipe.seed, recipe.name, "design")
        held_key = derive_key(recipe.seed, recipe.name, "design:held_out")
        self._held_split = next(name for name, size in recipe.splits.items() if size == HELD_OUT)
        self._parts = {
            True: (np.flatnonzero(held), Permutation(held_key, int(held.sum()) * rest)),
            False: (np.flatnonzero(~held), Permutation(key, int((~held).sum()) * rest)),
        }
        open_sizes = split_sizes(int((~held).sum()) * rest, _ordered_splits(recipe), "the grid without them")
        self._offsets = _offsets(open_sizes)
        full = {**open_sizes, self._held_split: int(held.sum()) * rest}
        self.sizes = {name: full[name] for name in recipe.split_names}

    def draw(self, split: str, index: Index) -> list[Column]:
        is_held = split == self._held_split
        table, permutation = self._parts[is_held]
        position = index if is_held else index + np.int64(self._offsets[split])
        which, rest = np.divmod(permutation(position), np.int64(math.prod(self._rest_counts)))
        levels = [*_unravel(table[which], self._pair_counts), *_unravel(rest, self._rest_counts)]
        columns: list[Column] = [levels[0]] * len(levels)
        for place, level in zip(self._order, levels, strict=True):
            columns[place] = level
        return columns


def _held_out_table(recipe: Recipe, design: HeldOut, counts: Sequence[int]) -> npt.NDArray[np.bool_]:
    """True for each held-out combination of the combined factors' levels, shape [product of counts]."""
    total = math.prod(counts)
    if total > _MAX_TABLE:
        raise InputError(f"design.factors: {total} combinations of {', '.join(design.factors)}; at most {_MAX_TABLE}")
    held = np.zeros(total, bool)
    if design.combinations is not None:
        for combination in design.combinations:
            levels = [level_of(recipe.factor(n), v) for n, v in zip(design.factors, combination, strict=True)]
            held[int(np.ravel_multi_index([level or 0 for level in levels], list(counts)))] = True
    else:
        held[_chosen(recipe, design.fraction or 0.0, counts)] = True
    _refuse_missing_values(recipe, design, held.reshape(counts))
    return held


def _chosen(recipe: Recipe, fraction: float, counts: Sequence[int]) -> list[int]:
    """A keyed choice of combinations that leaves each value of each factor at least one open combination."""
    total = math.prod(counts)
    wanted = max(round(fraction * total), 1)
    order = Permutation(derive_key(recipe.seed, recipe.name, "held_out"), total)(np.arange(total, dtype=np.int64))
    open_left = [np.full(count, total // count) for count in counts]
    chosen: list[int] = []
    for combination in order.tolist():
        levels = np.unravel_index(combination, list(counts))
        if len(chosen) < wanted and all(left[level] > 1 for left, level in zip(open_left, levels, strict=True)):
            chosen.append(combination)
            for left, level in zip(open_left, levels, strict=True):
                left[level] -= 1
    if len(chosen) < wanted:
        raise InputError(
            f"design.fraction: {wanted} of {total} combinations cannot be held out so that each value stays in "
            f"training; at most about {len(chosen)} can ({len(chosen) / total:.3g})"
        )
    return chosen


def _refuse_missing_values(recipe: Recipe, design: HeldOut, held: npt.NDArray[np.bool_]) -> None:
    for axis, name in enumerate(design.factors):
        others = tuple(i for i in range(held.ndim) if i != axis)
        gone = np.flatnonzero(held.all(axis=others))
        if len(gone):
            value = recipe.factor(name).at(gone[:1]).tolist()[0]
            raise InputError(f"design.combinations: {name} = {value!r} would occur in no other split")


def _columns(factors: Sequence[FactorBase], u: Sequence[npt.NDArray[np.float64]]) -> list[Column]:
    return [numbers if f.levels is None else f.level(numbers) for f, numbers in zip(factors, u, strict=True)]


def _repeat_warning(recipe: Recipe) -> tuple[str, ...]:
    if any(factor.levels is None for factor in recipe.factors):
        return ()
    return ("all factors have levels: the same combination may occur more than once, in several splits too",)


def _sine(x: float) -> float:
    """Sin x for |x| <= pi / 6 by its series, so that no libm is asked: the same bits everywhere."""
    term = total = x
    for k in range(1, 12):
        term = -term * x * x / ((2 * k) * (2 * k + 1))
        total += term
    return total
