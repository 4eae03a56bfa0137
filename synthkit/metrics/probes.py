"""Linear probes: what a linear model reads off all codes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from synthkit.metrics.mig import mean_over
from synthkit.metrics.problem import Problem, Result
from synthkit.metrics.scaling import zscore
from synthkit.metrics.solver import solver_options
from synthkit.ops.logistic import logistic_regression

__all__ = ["class_probabilities", "probe"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Probabilities of so many bytes are held at a time.
_CHUNK_BYTES = 1 << 27


def probe(problem: Problem) -> Result:
    """Test scores of linear models on standardised codes, with the scores of knowing nothing beside them.

    Categorical factors, by logistic regression (C = 1): ``probe_accuracy`` and, each class counting alike,
    ``probe_balanced_accuracy``; ``probe_accuracy_baseline`` is what always naming the most frequent training class
    gets, ``probe_balanced_baseline`` the same balanced, 1 / classes. Ordinal and continuous factors, by least squares:
    ``probe_r2`` (always naming the mean gets 0; below it, less). Means over the factors of a kind; range up to 1,
    higher is better. Source: Alain and Bengio 2017, "Understanding intermediate layers using linear classifier probes".
    Cost O(B N D classes iterations).
    """
    categorical = [k for k, factor in enumerate(problem.factors) if factor.kind == "categorical"]
    numeric = [k for k in range(problem.num_factors) if k not in categorical]
    result = Result()
    names = ("accuracy", "accuracy_baseline", "balanced_accuracy", "balanced_baseline")
    if categorical:
        scores = _accuracies(problem, categorical)
        for name, values in zip(names, scores, strict=True):
            result.per_factor[f"probe_{name}"] = _spread(problem, values, categorical)
            result.values[f"probe_{name}"] = values.mean(axis=1)
    if numeric:
        r2 = np.array([_r2(problem, codes, numeric) for codes in problem.codes])
        result.per_factor["probe_r2"] = _spread(problem, r2, numeric)
        result.values["probe_r2"] = mean_over(r2, ~np.isnan(r2))
        if np.isnan(result.values["probe_r2"]).any():
            result.undefined["probe_r2"] = "no ordinal or continuous factor varies in the test rows"
    for name in (*(f"probe_{n}" for n in names), "probe_r2"):
        if name not in result.values:
            kind = "ordinal or continuous" if name == "probe_r2" else "categorical"
            result.values[name] = np.full(problem.num_models, np.nan)
            result.undefined[name] = f"no factor is {kind}"
    return result


def class_probabilities(
    problem: Problem, codes: Floats, labels: Ints, *, rows: int, balanced: bool = False, one_vs_rest: bool = False
) -> Iterator[tuple[int, int, Ints, Floats]]:
    """Logistic regressions of all models and factors: model, factor, classes, probabilities [N, classes].

    Only so many are fitted at a time that their probabilities take little memory.

    Args:
        problem: For threads and device.
        codes: [B, N, D], scaled.
        labels: [k, N].
        rows: Training rows.
        balanced: Balanced class weights.
        one_vs_rest: A two-class model for each class; the probabilities do not sum to 1 then.
    """
    of_factor = 8 * labels.shape[1] * (int(labels.max()) + 1)
    models = max(_CHUNK_BYTES // (of_factor * len(labels)), 1)
    factors = len(labels) if of_factor * len(labels) <= _CHUNK_BYTES else max(_CHUNK_BYTES // of_factor, 1)
    for first, second in product(range(0, len(codes), models), range(0, len(labels), factors)):
        fits = logistic_regression(
            codes[first : first + models],
            labels[second : second + factors].T,
            train_rows=rows,
            balanced=balanced,
            one_vs_rest=one_vs_rest,
            probabilities=True,
            **solver_options(problem, int(labels.max()) + 1),
            threads=problem.threads,
            device=problem.host_device,
        )
        for b, of_model in enumerate(fits.probabilities if fits.probabilities is not None else ()):
            for k, classes in enumerate(fits.classes):
                yield first + b, second + k, classes, of_model[k, :, : len(classes)]


def _accuracies(problem: Problem, chosen: list[int]) -> tuple[Floats, Floats, Floats, Floats]:
    """Accuracy, its baseline, balanced accuracy, its baseline: [B, chosen] each."""
    rows = problem.num_train
    labels = problem.labels[chosen]
    plain, balanced = (np.zeros((problem.num_models, len(chosen))) for _ in range(2))
    scaled = zscore(problem.codes, rows)
    for model, k, classes, probabilities in class_probabilities(problem, scaled, labels, rows=rows):
        named = classes[probabilities[rows:].argmax(axis=1)]
        plain[model, k], balanced[model, k] = _shares(named, labels[k, rows:])
    baselines = np.array([_shares(_majority(column, rows), column[rows:]) for column in labels])
    base_plain, base_balanced = (np.broadcast_to(column, plain.shape).copy() for column in baselines.T)
    return plain, base_plain, balanced, base_balanced


def _majority(labels: Ints, rows: int) -> Ints:
    """The most frequent class of the first rows, for all others."""
    return np.full(len(labels) - rows, np.bincount(labels[:rows]).argmax())


def _shares(named: Ints, labels: Ints) -> tuple[float, float]:
    """Share of rows named rightly; mean of that share over the classes that occur."""
    right = named == labels
    count = np.bincount(labels)
    of_class = np.bincount(labels, weights=right)[count > 0] / count[count > 0]
    return float(right.mean()), float(of_class.mean())


def _r2(problem: Problem, codes: Floats, chosen: list[int]) -> Floats:
    """1 - residual / variance of the test rows, of a least-squares fit to the training rows."""
    rows = problem.num_train
    values = np.stack([problem.factors[k].values for k in chosen], axis=1)
    scaled = zscore(codes[np.newaxis], rows)[0]
    design = np.column_stack([scaled, np.ones(len(scaled))])
    weights = np.linalg.lstsq(design[:rows], values[:rows], rcond=None)[0]
    residual = np.mean((values[rows:] - design[rows:] @ weights) ** 2, axis=0)
    variance = values[rows:].var(axis=0)
    found: Floats = 1.0 - np.divide(residual, variance, out=np.full(len(chosen), np.nan), where=variance > 0)
    return found


def _spread(problem: Problem, values: Floats, chosen: list[int]) -> Floats:
    """[B, K] from [B, chosen]; NaN for factors of another kind."""
    wide = np.full((problem.num_models, problem.num_factors), np.nan)
    wide[:, chosen] = values
    return wide
