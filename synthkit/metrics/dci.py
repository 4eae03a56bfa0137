"""Disentanglement, completeness, informativeness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthkit.metrics.dci_models import lasso, random_forest
from synthkit.metrics.problem import Problem, Result
from synthkit.ops.boost import boosted_trees

__all__ = ["completeness", "dci", "disentanglement"]

Floats = npt.NDArray[np.float64]


def dci(problem: Problem) -> Result:
    """D, C and I from the importance R of each code in a predictor of each factor.

    D = sum over codes of rho_d (1 - H_K(R_d.)), rho_d the code's share of all importance, H_K the entropy with base K;
    C = sum over factors of gamma_k (1 - H_D(R_.k)), base D of the codes that take part; informativeness: mean accuracy
    (R2, at least 0, where factors are predicted by regression), on train and test rows. Source: Eastwood and Williams
    2018, "A framework for the quantitative evaluation of disentangled representations", section 2. Range 0..1, higher
    is better. With one factor D, and with one code C, is 1 as soon as anything is predicted. The predictor is the
    convention's ``dci_model``: 100 boosted trees of depth 3 a class by default. Cost O(B N D trees).
    """
    found = _fit(problem)
    if problem.convention.dci_model != "lasso":
        found.importance[~np.broadcast_to(problem.used[:, np.newaxis], found.importance.shape)] = 0.0
    result = Result(matrices={"importance": found.importance})
    pairs = [_both(problem, importance, b) for b, importance in enumerate(found.importance)]
    result.values["dci_disentanglement"] = np.array([d.score for d, _ in pairs])
    result.values["dci_completeness"] = np.array([c.score for _, c in pairs])
    result.per_code["dci_disentanglement"] = np.array([d.each for d, _ in pairs])
    result.per_factor["dci_completeness"] = np.array([c.each for _, c in pairs])
    for part, scores in (("train", found.train), ("test", found.test)):
        name = f"dci_informativeness_{part}"
        result.values[name] = scores.mean(axis=1)
        result.per_factor[name] = scores
    if np.isnan(found.test).any():
        result.undefined["dci_informativeness_test"] = "the model of this convention has no test rows"
    for name in ("dci_disentanglement", "dci_completeness"):
        if np.isnan(result.values[name]).any():
            result.undefined[name] = "no code is of any use to a predictor"
    return result


@dataclass(frozen=True)
class Averaged:
    """A score, and what it averages."""

    score: float
    each: Floats


@dataclass(frozen=True)
class Fitted:
    """Importance [B, K, D] and scores [B, K] of the predictors."""

    importance: Floats
    train: Floats
    test: Floats


def disentanglement(importance: Floats, *, smoothing: float = 0.0, counted: int | None = None) -> Averaged:
    """D of importances [K, D], >= 0: the score, and 1 - H_K of each code, [D].

    A code without importance has no weight; NaN if none has any. Codes from ``counted`` on, if given, count as 0.
    """
    each = 1.0 - _entropy(importance.T + smoothing, importance.shape[0])
    weight = importance.sum(axis=0)
    if counted is not None:
        each[counted:] = 0.0
    return Averaged(_weighted(each, weight), each)


def completeness(importance: Floats, *, smoothing: float = 0.0, plain_mean: bool = False) -> Averaged:
    """C of importances [K, D], >= 0: the score, and 1 - H_D of each factor, [K]."""
    each = 1.0 - _entropy(importance + smoothing, importance.shape[1])
    if plain_mean:
        return Averaged(float(each.mean()), each)
    return Averaged(_weighted(each, importance.sum(axis=1)), each)


def _entropy(rows: Floats, base: int) -> Floats:
    """Entropy of each row, taken for frequencies, with this base; 1 for a row of zeros, 0 with base 1."""
    total = rows.sum(axis=1, keepdims=True)
    p = np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)
    terms = -p * np.log(np.where(p > 0, p, 1.0))
    # With nothing to choose from, all importance is where it should be - if there is any.
    scaled = terms.sum(axis=1) / np.log(base) if base > 1 else np.zeros(len(rows))
    return np.where(total[:, 0] > 0, scaled, 1.0)


def _weighted(values: Floats, weight: Floats) -> float:
    total = weight.sum()
    return float(np.sum(values * weight) / total) if total > 0 else float("nan")


def _both(problem: Problem, importance: Floats, model: int) -> tuple[Averaged, Averaged]:
    convention = problem.convention
    used, alive = problem.used[model], problem.alive[model]
    d = disentanglement(
        importance[:, used],
        smoothing=convention.dci_smoothing,
        counted=int(np.argmin(alive)) if convention.dci_stop_at_dead_code and not alive.all() else None,
    )
    c = completeness(
        importance[:, used],
        smoothing=convention.dci_smoothing,
        plain_mean=convention.dci_completeness == "mean",
    )
    each = np.full(len(used), np.nan)
    each[used] = d.each
    return Averaged(d.score, each), c


def _fit(problem: Problem) -> Fitted:
    model = problem.convention.dci_model
    if model == "lasso":
        return Fitted(*lasso(problem))
    shape = (problem.num_models, problem.num_factors)
    found = Fitted(np.zeros((*shape, problem.num_codes)), np.zeros(shape), np.zeros(shape))
    numeric = problem.convention.dci_numeric == "regression"
    regressed = [k for k, f in enumerate(problem.factors) if numeric and f.kind != "categorical"]
    classified = [k for k in range(problem.num_factors) if k not in regressed]
    for chosen, loss in ((classified, "classification"), (regressed, "regression")):
        if not chosen:
            continue
        targets = _targets(problem, chosen, loss)
        part = _trees(problem, targets, loss) if model == "boosted_trees" else random_forest(problem, targets, loss)
        found.importance[:, chosen], found.train[:, chosen], found.test[:, chosen] = part
    return found


def _targets(problem: Problem, chosen: list[int], loss: str) -> npt.NDArray[np.generic]:
    """[N, chosen]: classes, or values as they are."""
    if loss == "classification":
        return problem.labels[chosen].T
    return np.stack([problem.factors[k].values for k in chosen], axis=1)


def _trees(problem: Problem, targets: npt.NDArray[np.generic], loss: str) -> tuple[Floats, Floats, Floats]:
    fitted = boosted_trees(
        problem.codes,
        targets,
        train_rows=problem.num_train,
        loss=loss,
        threads=problem.threads,
        device=problem.host_device,
    )
    if loss == "classification":
        return fitted.importances, fitted.train_score, fitted.test_score
    return fitted.importances, np.maximum(fitted.train_score, 0.0), np.maximum(fitted.test_score, 0.0)
