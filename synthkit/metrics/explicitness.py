"""Explicitness: can a linear classifier read each factor off all codes?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from synthkit.metrics.mig import mean_over
from synthkit.metrics.probes import class_probabilities
from synthkit.metrics.problem import Problem, Result
from synthkit.metrics.scaling import minmax, zscore
from synthkit.ops.auc import roc_auc

__all__ = ["explicitness"]

Floats = npt.NDArray[np.float64]


def explicitness(problem: Problem) -> Result:
    """Explicitness = mean over factors of the mean over classes of the one-vs-rest area under the ROC curve.

    The classifier is logistic regression (C = 1) on scaled codes. Source: Ridgeway and Mozer 2018, section 2; settings
    of disentanglement_lib. Range 0.5 (chance) to 1; ``ubisoft`` moves chance to 0 and has no test rows. Higher is
    better. Classes that none of the rows scored has, or all of them, are left out and reported. Ordinal and continuous
    factors are classified by their bins. Cost O(B N D classes iterations).
    """
    split = problem.convention.explicitness_split
    rows = problem.num_train
    parts = {"train": slice(0, rows), "test": slice(rows, None)} if split else {"train": slice(None)}
    areas = {part: np.zeros((problem.num_models, problem.num_factors)) for part in parts}
    for model, k, classes, probabilities in _probabilities(problem):
        for part, chosen in parts.items():
            areas[part][model, k] = _mean_area(problem, probabilities[chosen], k, chosen, classes)
    result = Result()
    chance = problem.convention.explicitness_chance
    for part, found in areas.items():
        name = f"explicitness_{part}"
        per_factor = found if chance == 0.5 else 2.0 * found - 1.0
        result.values[name] = mean_over(per_factor, ~np.isnan(per_factor))
        if np.isnan(result.values[name]).any():
            result.undefined[name] = "no factor has rows of two classes there"
        result.per_factor[name] = per_factor
        result.notes.extend(_missing(problem, part, parts[part]))
    if not split:
        result.values["explicitness_test"] = np.full(problem.num_models, np.nan)
        result.undefined["explicitness_test"] = "this convention scores the rows that it fits on, and no others"
    return result


def _mean_area(problem: Problem, scores: Floats, k: int, rows: slice, classes: npt.NDArray[np.int64]) -> float:
    labels = problem.labels[k, rows]
    areas = roc_auc(scores, labels, classes=classes, threads=problem.threads, device=problem.host_device)
    held = areas[~np.isnan(areas)]
    return float(held.mean()) if len(held) else float("nan")


def _missing(problem: Problem, part: str, rows: slice) -> Iterator[str]:
    """Notes on classes that the scored rows lack."""
    for factor, labels, levels in zip(problem.factors, problem.labels, problem.levels, strict=True):
        missing = np.setdiff1d(np.arange(levels), labels[rows])
        if len(missing):
            yield (
                f"explicitness_{part}: {len(missing)} of {levels} classes of {factor.name} have no row there and are "
                f"left out; train on another share of the rows, or shuffle them"
            )


def _probabilities(problem: Problem) -> Iterator[tuple[int, int, npt.NDArray[np.int64], Floats]]:
    """Model, factor, classes, probabilities [N, classes]."""
    convention = problem.convention
    rows = problem.num_train if convention.explicitness_split else problem.num_rows
    codes = minmax(problem.codes) if convention.explicitness_scaling == "minmax" else zscore(problem.codes, rows)
    for model, k, classes, probabilities in class_probabilities(
        problem,
        codes,
        problem.labels,
        rows=rows,
        balanced=convention.explicitness_balanced,
        one_vs_rest=convention.explicitness_model != "multinomial",
    ):
        normalised = convention.explicitness_model == "one_vs_rest"
        total = probabilities.sum(axis=1, keepdims=True) if normalised else 1.0
        yield model, k, classes, probabilities / total
