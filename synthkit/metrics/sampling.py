"""Batches of rows that share the value of one factor, drawn from the rows at hand.

A number drawn is a function of (seed, stream, point, place in the batch) alone. All models of a batch are scored on the
same rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthkit.metrics.problem import Problem
from synthkit.seeds import uniforms

__all__ = ["MissingCombinationError", "Pairs", "Votes", "draw_pairs", "draw_votes"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class MissingCombinationError(Exception):
    """Interventions need a combination of factors that no row has."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows. Which factor a point's pairs share, [P]; the rows, [P, S] each."""

    factor: Ints
    first: Ints
    second: Ints


@dataclass(frozen=True)
class Votes:
    """Samples of rows. Which factor a sample shares, [P]; its rows, [P, S]."""

    factor: Ints
    rows: Ints


def draw_pairs(problem: Problem, points: int, batch: int, stream: str) -> Pairs:
    """``points`` times ``batch`` pairs of rows that share the value of a factor drawn for the point."""
    draw = _Draws(problem, stream, points)
    factor = draw.below(problem.num_factors, 1)[:, 0]
    if problem.convention.vae_sampler == "conditioning":
        level = draw.levels(factor, batch)
        first, second = (draw.rows_of_level(factor, level) for _ in range(2))
        return Pairs(factor, first, second)
    grid = _Combinations(problem)
    first, second = (draw.below(problem.num_rows, batch) for _ in range(2))
    edited = grid.with_value(second, factor, first)
    return Pairs(factor, grid.any_row(grid.number[first], draw), grid.any_row(edited, draw))


def draw_votes(problem: Problem, points: int, batch: int, stream: str) -> Votes:
    """``points`` samples of ``batch`` rows that all share one value of a factor drawn for the sample."""
    draw = _Draws(problem, stream, points)
    factor = draw.below(problem.num_factors, 1)[:, 0]
    if problem.convention.vae_sampler == "conditioning":
        level = np.broadcast_to(draw.levels(factor, 1), (points, batch))
        return Votes(factor, draw.rows_of_level(factor, level))
    grid = _Combinations(problem)
    rows = draw.below(problem.num_rows, batch)
    edited = grid.with_value(rows, factor, np.broadcast_to(rows[:, :1], rows.shape))
    return Votes(factor, grid.any_row(edited, draw))


class _Draws:
    """Random numbers of a stream, one table [points, batch] after the other."""

    def __init__(self, problem: Problem, stream: str, points: int) -> None:
        self._problem = problem
        self._key = problem.key(stream)
        self._points = points
        self._table = 0

    def unit(self, batch: int) -> Floats:
        """Uniform in [0, 1), [points, batch]."""
        count = -(-self._points * batch // 2)
        numbers = uniforms(self._key, self._table, np.arange(count, dtype=np.int64))
        self._table += 1
        return numbers.reshape(-1)[: self._points * batch].reshape(self._points, batch)

    def below(self, limit: int | Ints, batch: int) -> Ints:
        """Whole numbers in [0, limit)."""
        return (self.unit(batch) * limit).astype(np.int64)

    def levels(self, factor: Ints, batch: int) -> Ints:
        """A class of each point's factor, [points, batch]."""
        problem = self._problem
        if problem.convention.vae_level_draw == "levels":
            return self.below(problem.levels[factor][:, np.newaxis], batch)
        return problem.labels[factor[:, np.newaxis], self.below(problem.num_rows, batch)]

    def rows_of_level(self, factor: Ints, level: Ints) -> Ints:
        """A row at random that has this class of this factor."""
        unit = self.unit(level.shape[1])
        rows = np.empty(level.shape, np.int64)
        for k, labels in enumerate(self._problem.labels):
            mine = factor == k
            order = np.argsort(labels, kind="stable")
            count = np.bincount(labels)
            start = np.cumsum(count) - count
            wanted = level[mine]
            rows[mine] = order[start[wanted] + (unit[mine] * count[wanted]).astype(np.int64)]
        return rows


class _Combinations:
    """Rows by their combination of factors."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        # A number for each combination of classes: the mixed radix number of its digits, the last factor fastest.
        self._step = np.append(np.cumprod(problem.levels[:0:-1])[::-1], 1)
        self.number = self._step @ problem.labels
        self._known, inverse = np.unique(self.number, return_inverse=True)
        self._order = np.argsort(inverse, kind="stable")
        self._count = np.bincount(inverse)
        self._start = np.cumsum(self._count) - self._count

    def with_value(self, rows: Ints, factor: Ints, of: Ints) -> Ints:
        """Combinations of the rows, each point's factor set to its value in the rows ``of``."""
        labels = self._problem.labels
        column = factor[:, np.newaxis]
        change = labels[column, of] - labels[column, rows]
        return self.number[rows] + change * self._step[factor][:, np.newaxis]

    def any_row(self, number: Ints, draw: _Draws) -> Ints:
        """A row at random of each combination."""
        place = np.minimum(np.searchsorted(self._known, number), len(self._known) - 1)
        missing = np.argwhere(self._known[place] != number)
        if len(missing):
            digits = number[tuple(missing[0])] // self._step % self._problem.levels
            named = ", ".join(f"{f.name} {d}" for f, d in zip(self._problem.factors, digits, strict=True))
            raise MissingCombinationError(
                f"the sampler of this convention changes one factor and keeps the others, but no row has the "
                f"combination of classes ({named}); use a full grid of factors, or a convention that conditions"
            )
        return self._order[self._start[place] + (draw.unit(number.shape[1]) * self._count[place]).astype(np.int64)]
