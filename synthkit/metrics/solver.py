"""Which way a logistic regression is fitted."""

from __future__ import annotations

from typing import Any

from synthkit.metrics.problem import Problem

__all__ = ["solver_options"]

# From here on the matrix of second derivatives costs more than the many steps of L-BFGS.
_MANY_UNKNOWNS = 1500


def solver_options(problem: Problem, classes: int) -> dict[str, Any]:
    """Arguments for `logistic_regression` of this convention and so many classes."""
    if problem.convention.logistic_solver == "lbfgs":
        return {"solver": "lbfgs"}
    if classes * (problem.num_codes + 1) > _MANY_UNKNOWNS:
        return {"solver": "lbfgs", "max_iterations": 500, "gradient_tolerance": 1e-6, "value_tolerance": 1e-13}
    return {}
