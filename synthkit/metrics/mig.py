"""Mutual information gap: is each factor told by one code, and (MIG-sup) does each code tell one factor?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.metrics.information import InformationMatrix, best_two
from synthkit.metrics.problem import Problem, Result

__all__ = ["mig", "mig_sup"]

Floats = npt.NDArray[np.float64]


def mig(problem: Problem, matrix: InformationMatrix) -> Result:
    """MIG = mean over factors of (I_1 - I_2) / H(v_k), I_1 and I_2 the two largest I(v_k; z_d) over codes.

    Source: Chen et al. 2018, "Isolating sources of disentanglement in VAEs", eq. 6. Range 0..1, higher is better. The
    convention ``ubisoft`` divides each I by H(z_d) before the gap. With one code I_2 is 0. Cost: a matrix lookup.
    """
    first, second, _ = best_two(_normalised(problem, matrix))
    gaps = first - second
    return _with_reasons(Result(values={"mig": gaps.mean(axis=1)}, per_factor={"mig": gaps}))


def mig_sup(problem: Problem, matrix: InformationMatrix) -> Result:
    """MIG-sup = mean over codes of the gap between the two factors that a code tells most of.

    Source: Li et al. 2020, "Progressive learning and disentanglement of hierarchical representations", eq. 10; each
    I(v_k; z_d) over H(v_k) (``ubisoft``: over H(z_d)). Range 0..1, higher is better. A code that tells nothing lowers
    it; constant codes are left out by default. With one factor the second is 0. Cost: a matrix lookup.
    """
    first, second, _ = best_two(_normalised(problem, matrix).transpose(0, 2, 1))
    gaps = np.where(problem.used, first - second, np.nan)
    return _with_reasons(Result(values={"mig_sup": mean_over(gaps, problem.used)}, per_code={"mig_sup": gaps}))


def mean_over(values: Floats, chosen: npt.NDArray[np.bool_]) -> Floats:
    """Mean along the last axis of the chosen values; NaN where none is."""
    count = chosen.sum(axis=-1)
    total = np.where(chosen, values, 0.0).sum(axis=-1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _with_reasons(result: Result) -> Result:
    for name, values in result.values.items():
        if np.isnan(values).any():
            result.undefined[name] = "a constant code has no entropy to divide by, or no code varies"
    return result


def _normalised(problem: Problem, matrix: InformationMatrix) -> Floats:
    if problem.convention.mig_normaliser == "factor":
        return matrix.mutual / matrix.factor_entropy[:, np.newaxis]
    by = matrix.code_entropy[:, np.newaxis]
    # A constant code has no entropy: 0 / 0 in the source, which makes its score undefined.
    return np.divide(matrix.mutual, by, out=np.full_like(matrix.mutual, np.nan), where=by > 0)
