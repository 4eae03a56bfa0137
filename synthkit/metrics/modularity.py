"""Modularity: does each code depend on one factor?"""

from __future__ import annotations

import numpy as np

from synthkit.metrics.information import InformationMatrix
from synthkit.metrics.mig import mean_over
from synthkit.metrics.problem import Problem, Result, places

__all__ = ["modularity"]


def modularity(problem: Problem, matrix: InformationMatrix) -> Result:
    """Modularity = mean over codes of 1 - sum over k != k* of I_k^2 / (I_k*^2 (K - 1)), k* a code's best factor.

    Source: Ridgeway and Mozer 2018, "Learning deep disentangled embeddings with the F-statistic loss", eq. 2. Range
    0..1, higher is better. A code with no information about any factor has no value: the convention leaves it out
    (``default``), counts it as 0 (``dlib``) or has no score then (``ubisoft``). With one factor every informative code
    is modular. Cost: a matrix lookup.
    """
    squares = matrix.mutual**2
    best = squares.max(axis=1)
    silent = ~(best > 0)
    others = squares.sum(axis=1) - best
    ratio = np.divide(others, best * max(problem.num_factors - 1, 1), out=np.zeros_like(best), where=~silent)
    per_code = np.where(silent, 0.0, 1.0 - ratio)
    rule = problem.convention.modularity_silent_codes
    if rule == "undefined":
        per_code = np.where(silent, np.nan, per_code)
    counted = problem.used & ~silent if rule == "exclude" else problem.used
    result = Result(
        values={"modularity": mean_over(per_code, counted)},
        per_code={"modularity": np.where(counted, per_code, np.nan)},
    )
    if rule == "exclude" and np.any(problem.used & silent):
        result.notes.append(
            "modularity: codes without significant information about any factor are left out: "
            + places(problem.used & silent)
        )
    if rule == "undefined" and silent.any():
        result.undefined["modularity"] = "a code without information gives 0/0 in this convention"
    elif np.isnan(result.values["modularity"]).any():
        result.undefined["modularity"] = "no code has significant information about any factor"
    return result
