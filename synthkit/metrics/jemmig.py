"""JEMMIG and DCIMIG: information gaps that also ask what else a code carries."""

from __future__ import annotations

import math

import numpy as np

from synthkit.metrics.information import InformationMatrix, best_two, units
from synthkit.metrics.problem import Problem, Result

__all__ = ["dcimig", "jemmig"]


def jemmig(problem: Problem, matrix: InformationMatrix) -> Result:
    """JEMMIG = mean over factors of 1 - [H(z*, v_k) - I(z*; v_k) + I(z2; v_k)] / [H(v_k) + ln bins].

    z* is the code with most information about v_k, z2 the second; H(z*, v_k) = H(z*) + H(v_k) - I(z*; v_k). Source: Do
    and Tran 2020, "Theory and evaluation metrics for learning disentangled representations", eq. 9, normalised as in
    Carbonneau et al. 2020, "Measuring disentanglement: a review of metrics"; the form ``original`` is the bracket alone
    (lower is better). Range up to 1, higher is better. It depends on the number of bins more than its kin: a code that
    varies within a class is charged for it. Cost: a matrix lookup.
    """
    first, second, star = best_two(matrix.mutual)
    code_entropy = np.take_along_axis(matrix.code_entropy, star, axis=1)
    bracket = code_entropy + matrix.factor_entropy - 2 * first + second
    if problem.convention.jemmig_form == "original":
        per_factor = bracket / units(problem)
    else:
        per_factor = 1.0 - bracket / (matrix.factor_entropy + math.log(problem.code_bins))
    return Result(values={"jemmig": per_factor.mean(axis=1)}, per_factor={"jemmig": per_factor})


def dcimig(problem: Problem, matrix: InformationMatrix) -> Result:
    """DCIMIG = sum over factors of the largest gap credited to it, over the sum of H(v_k).

    A code's gap is I of its best factor minus I of its second, credited to the best. Source: Sepliarskaia et al. 2019,
    "How to not measure disentanglement", section 4. Range 0..1, higher is better. With one factor the second is 0.
    Cost: a matrix lookup.
    """
    first, second, star = best_two(matrix.mutual.transpose(0, 2, 1))
    gaps = first - second
    credited = np.zeros((problem.num_models, problem.num_factors))
    for k in range(problem.num_factors):
        credited[:, k] = np.where(star == k, gaps, 0.0).max(axis=1)
    return Result(
        values={"dcimig": credited.sum(axis=1) / matrix.factor_entropy.sum()},
        per_factor={"dcimig": credited / matrix.factor_entropy},
    )
