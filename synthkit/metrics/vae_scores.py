"""beta-VAE and FactorVAE scores, and their chance-corrected kin Z-diff and Z-min variance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.metrics.problem import Problem, Result
from synthkit.metrics.sampling import MissingCombinationError, draw_pairs, draw_votes
from synthkit.metrics.scaling import LEAST_RANGE
from synthkit.metrics.solver import solver_options
from synthkit.ops.deviations import pair_distances, sample_variances
from synthkit.ops.logistic import logistic_regression

__all__ = ["beta_vae", "factor_vae", "z_diff", "z_min_var"]

Floats = npt.NDArray[np.float64]


def beta_vae(problem: Problem) -> Result:
    """Beta-VAE score: accuracy of naming the factor that pairs share from the mean |difference| of their codes.

    A point is the mean of |z - z'| over ``vae_batch`` pairs; logistic regression (C = 1) is fitted on
    ``vae_train_points`` points and scored on ``vae_test_points`` fresh ones. Source: Higgins et al. 2017, "beta-VAE",
    section 3; settings of disentanglement_lib. Range: chance is 1 / K, best 1; it is 1 for rotated codes of more than
    two factors too. Cost O(B points batch D).
    """
    convention = problem.convention
    return _pair_score(problem, "beta_vae", convention.vae_batch, from_chance=False)


def z_diff(problem: Problem) -> Result:
    """Z-diff: the beta-VAE score with ``z_batch`` pairs, moved so that chance is 0: (accuracy - 1/K) / (1 - 1/K).

    Source: Carbonneau et al. 2020, "Measuring disentanglement: a review of metrics". Not defined for one factor.
    """
    return _pair_score(problem, "z_diff", problem.convention.z_batch, from_chance=True)


def factor_vae(problem: Problem) -> Result:
    """FactorVAE score: accuracy of naming the fixed factor from the code that varies least.

    A vote: ``vae_batch`` rows with one factor fixed; the code with the least variance (divisor S - 1) in units of its
    variance over all rows. Each code is given the factor that most of its ``vae_train_points`` votes had; the score is
    the accuracy on ``vae_test_points`` fresh votes. Codes of small standard deviation take no part. Source: Kim and
    Mnih 2018, "Disentangling by factorising", section 4; settings of disentanglement_lib. Chance about 1 / K, best 1.
    Cost O(B votes batch D).
    """
    convention = problem.convention
    return _vote_score(
        problem, "factor_vae", convention.vae_batch, convention.vae_train_points, convention.vae_test_points, False
    )


def z_min_var(problem: Problem) -> Result:
    """Z-min variance: the FactorVAE score of ``z_batch`` rows, moved so that chance is 0; ``z_min_var_votes`` votes.

    Source: Carbonneau et al. 2020. (accuracy - 1/K) / (1 - 1/K); not defined for one factor.
    """
    votes = problem.convention.z_min_var_votes
    return _vote_score(problem, "z_min_var", problem.convention.z_batch, votes, votes, True)


def _pair_score(problem: Problem, name: str, batch: int, from_chance: bool) -> Result:
    if problem.num_factors == 1:
        return _undefined(problem, name, "with one factor there is nothing to tell apart")
    train, test = problem.convention.vae_train_points, problem.convention.vae_test_points
    try:
        pairs = draw_pairs(problem, train + test, batch, f"{name} pairs")
    except MissingCombinationError as error:
        return _undefined(problem, name, str(error))
    features = pair_distances(
        problem.kernel_codes, pairs.first, pairs.second, threads=problem.threads, device=problem.device
    )
    fitted = logistic_regression(
        features,
        pairs.factor,
        train_rows=train,
        threads=problem.threads,
        device=problem.host_device,
        **solver_options(problem, problem.num_factors),
    )
    return Result(values={name: _rescaled(problem, fitted.test_accuracy[:, 0], from_chance)})


def _vote_score(problem: Problem, name: str, batch: int, train: int, test: int, from_chance: bool) -> Result:
    if problem.num_factors == 1:
        return _undefined(problem, name, "with one factor there is nothing to tell apart")
    try:
        votes = draw_votes(problem, train + test, batch, f"{name} votes")
    except MissingCombinationError as error:
        return _undefined(problem, name, str(error))
    spread = problem.codes.std(axis=1, ddof=1)
    active = spread >= _least_spread(problem, spread)
    variances = sample_variances(problem.kernel_codes, votes.rows, threads=problem.threads, device=problem.device)
    scores = np.full(problem.num_models, np.nan)
    for b in range(problem.num_models):
        if active[b].any():
            scores[b] = _vote_accuracy(problem, variances[b] / _square(spread[b]), active[b], votes.factor, train)
    result = Result(values={name: _rescaled(problem, scores, from_chance)})
    if np.isnan(scores).any():
        result.undefined[name] = "no code varies enough to take part"
    return result


def _square(spread: Floats) -> Floats:
    return np.where(spread > LEAST_RANGE, spread, 1.0) ** 2


def _least_spread(problem: Problem, spread: Floats) -> Floats:
    """[B, 1]."""
    least = np.full((problem.num_models, 1), problem.convention.factor_vae_min_std)
    if problem.convention.factor_vae_min_std_scale == "relative":
        least = least * spread.max(axis=1, keepdims=True)
    return np.maximum(least, LEAST_RANGE)


def _vote_accuracy(
    problem: Problem, ratio: Floats, active: npt.NDArray[np.bool_], factor: npt.NDArray[np.int64], train: int
) -> float:
    voted = np.flatnonzero(active)[np.argmin(ratio[:, active], axis=1)]
    table = np.zeros((problem.num_codes, problem.num_factors), np.int64)
    np.add.at(table, (voted[:train], factor[:train]), 1)
    return float(np.mean(table.argmax(axis=1)[voted[train:]] == factor[train:]))


def _rescaled(problem: Problem, accuracy: Floats, from_chance: bool) -> Floats:
    chance = 1.0 / problem.num_factors
    return (accuracy - chance) / (1.0 - chance) if from_chance else accuracy


def _undefined(problem: Problem, name: str, why: str) -> Result:
    return Result(values={name: np.full(problem.num_models, np.nan)}, undefined={name: why})
