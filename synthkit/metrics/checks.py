"""What cannot be scored, or cannot be meant, is refused before any work."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.metrics.factors import Factor
from synthkit.metrics.problem import Problem
from synthkit.metrics.registry import Family
from synthkit.ops.arrays import code_place

__all__ = ["refuse_huge", "refuse_mismatch", "refuse_swapped", "refuse_too_few_rows"]

_HUGE = 1e30


def refuse_mismatch(codes: npt.NDArray[np.float64], factors: tuple[Factor, ...]) -> None:
    """Row i of both must be example i."""
    rows = len(factors[0].values)
    if codes.shape[1] != rows:
        hint = " (codes of several models are [B, N, D])" if rows in codes.shape else ""
        raise InputError(f"codes: {codes.shape[1]} rows, but factors have {rows}; row i of both is example i{hint}")


def refuse_huge(codes: npt.NDArray[np.float64], batch: bool) -> None:
    """Squares of codes must be numbers, and trees take codes as float32."""
    place = np.unravel_index(np.argmax(np.abs(codes)), codes.shape)
    if abs(codes[place]) > _HUGE:
        where = code_place(np.array(place), batch)
        raise InputError(f"codes: {codes[place]:g} at {where}; beyond {_HUGE:g} nothing can be squared: scale them")


def refuse_swapped(codes: npt.NDArray[np.float64], factors: tuple[Factor, ...]) -> None:
    """Fractions for factors and class numbers for codes: nearly always the two were mixed up."""
    if any(factor.kind != "continuous" for factor in factors):
        return
    if np.all(codes == np.round(codes)) and not all(np.all(f.values == np.round(f.values)) for f in factors):
        raise InputError(
            "factors hold fractions and codes hold whole numbers only: are they swapped? factors are what is known of "
            "an example, codes what the model says; if this is meant, declare factor_kinds"
        )


def refuse_too_few_rows(problem: Problem, families: list[Family]) -> None:
    """Bins and classes need rows, and so do both sides of a split."""
    rows = problem.num_rows
    for factor, levels in zip(problem.factors, problem.levels, strict=True):
        if 2 * levels > rows:
            raise InputError(
                f"factors: {factor.name} has {levels} different values in {rows} rows, and the convention "
                f"{problem.convention.name} takes each for a class; use the default convention, or round them"
            )
    least = max(problem.code_bins, 2 * int(problem.levels.max()))
    if rows < least:
        raise InputError(
            f"codes: {rows} rows are too few for {problem.code_bins} bins and {problem.levels.max()} classes; at least "
            f"{least} are needed, and ten times that for a number worth printing"
        )
    if not any(family.split for family in families):
        return
    if problem.num_train >= rows:
        raise InputError(f"train_fraction: leaves none of {rows} rows for the test")
    for factor, labels in zip(problem.factors, problem.labels, strict=True):
        if len(np.unique(labels[: problem.num_train])) < 2:
            raise InputError(
                f"factors: {factor.name} does not vary in the {problem.num_train} training rows; shuffle them"
            )
