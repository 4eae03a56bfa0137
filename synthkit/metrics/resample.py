"""Confidence intervals: the metrics again, on resampled rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.metrics.problem import Problem, Result
from synthkit.metrics.registry import Family
from synthkit.metrics.scores import Interval
from synthkit.seeds import uniforms

__all__ = ["intervals"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LEVEL = (2.5, 97.5)
_ATTEMPTS = 20


def intervals(
    problem: Problem,
    families: Iterable[Family],
    values: dict[str, Floats],
    resamples: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Interval]:
    """95 % intervals of metrics over the choice of rows.

    Each resample draws as many rows as there are with replacement (Efron 1979), training rows from training rows and
    test rows from test rows, so that no row is both. Where a repeated row would mislead (nearest neighbours), half of
    the rows are drawn without replacement, which has the same variance. Repetition and halving shift the values, the
    more so the fewer rows there are; hence the ends are the value plus the quantiles of the resamples' distance from
    their own mean, within the metric's range. The spread over training runs is another thing and not in here.
    ``on_progress`` is told how many resamples are done, and how many there are.
    """
    chosen = list(families)
    samples: dict[str, list[Floats]] = {name: [] for family in chosen for name in family.metrics if name in values}
    for number in range(resamples):
        # One of each kind for all families, so that they share what they work out.
        parts = {repeats: _resampled(problem, number, repeats) for repeats in {f.repeats_allowed for f in chosen}}
        for family in chosen:
            result = _computed(family, parts[family.repeats_allowed])
            for name in family.metrics:
                if name in samples:
                    samples[name].append(result.values[name])
        if on_progress is not None:
            on_progress(number + 1, resamples)
    bounds = {name: family.bounds for family in chosen for name in family.metrics}
    return {name: _interval(values[name], np.array(held), bounds[name]) for name, held in samples.items()}


def _computed(family: Family, part: Problem) -> Result:
    try:
        return family.compute(part)
    except InputError as error:
        raise InputError(f"bootstrap: there are too few rows to resample for {family.name}: {error}") from error


def _resampled(problem: Problem, number: int, repeats: bool) -> Problem:
    """A resample; where a factor would not vary among its training rows, another."""
    for attempt in range(_ATTEMPTS):
        rows, train = _rows(problem, f"resample {number}, attempt {attempt}", repeats=repeats)
        part = problem.take(rows, num_train=train)
        if all(np.ptp(factor.values[:train]) > 0 for factor in part.factors):
            return part
    raise InputError(
        f"bootstrap: in {_ATTEMPTS} resamples one after another a factor did not vary; there are too few rows of its "
        f"second class"
    )


def _rows(problem: Problem, stream: str, *, repeats: bool) -> tuple[Ints, int]:
    """Rows of a resample, and how many of them are for training."""
    key = problem.key(stream)
    unit = uniforms(key, 0, np.arange(problem.num_rows, dtype=np.int64))[:, 0]
    train, rows = problem.num_train, problem.num_rows
    if repeats:
        first = (unit[:train] * train).astype(np.int64)
        second = train + (unit[train:] * (rows - train)).astype(np.int64)
        return np.concatenate([first, second]), train
    first = np.sort(np.argsort(unit[:train], kind="stable")[: (train + 1) // 2])
    second = train + np.sort(np.argsort(unit[train:], kind="stable")[: (rows - train + 1) // 2])
    return np.concatenate([first, second]), len(first)


def _interval(value: Floats, samples: Floats, bounds: tuple[float, float]) -> Interval:
    """Value [B], samples [resamples, B]."""
    with np.errstate(invalid="ignore"):  # an infinite total correlation has no interval
        away = samples - samples.mean(axis=0)
        low, high = (np.clip(value + end, *bounds) for end in np.percentile(away, _LEVEL, axis=0))
        return Interval(low, high, samples.std(axis=0, ddof=1))
