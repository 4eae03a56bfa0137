"""The information matrix that MIG, MIG-sup, JEMMIG, DCIMIG and modularity stand on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.metrics.problem import Problem
from synthkit.ops.joint import Information, mutual_information

__all__ = [
    "InformationMatrix",
    "best_two",
    "corrected_information",
    "count_information",
    "entropy",
    "factor_entropies",
    "information_matrix",
    "units",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class InformationMatrix:
    """Information of factors and codes, nats.

    Attributes:
        mutual: I(v_k; z_d) as the convention corrects it, [B, K, D]; 0 for codes left out.
        factor_entropy: H(v_k), [K].
        code_entropy: H(z_d) of the binned code, [B, D].
    """

    mutual: Floats
    factor_entropy: Floats
    code_entropy: Floats


def information_matrix(problem: Problem) -> InformationMatrix:
    """Cut the codes into bins and count.

    Bias (plug-in information of independent columns is positive, by about (bins - 1)(levels - 1) / (2 N)) is corrected
    as the convention says. Cost O(B N D K) for counting.
    """
    factor_entropy = factor_entropies(problem)
    mutual = corrected_information(problem, problem.kernel_bins.reshape(-1, problem.num_rows))
    shape = (problem.num_models, problem.num_codes, problem.num_factors)
    mutual = np.where(problem.used[:, np.newaxis], mutual.reshape(shape).transpose(0, 2, 1), 0.0)
    columns = problem.binned.reshape(-1, problem.num_rows)
    code_entropy = np.array([entropy(np.bincount(column)) for column in columns]).reshape(shape[:2])
    return InformationMatrix(mutual, factor_entropy, code_entropy)


def entropy(counts: npt.NDArray[np.integer]) -> float:
    """Plug-in entropy of counts, nats."""
    p = counts[counts > 0] / counts.sum()
    return float(-np.sum(p * np.log(p))) + 0.0


def factor_entropies(problem: Problem) -> Floats:
    """H(v_k) of the factors' classes, nats, [K]."""
    return np.array([entropy(np.bincount(column)) for column in problem.labels])


def best_two(values: Floats) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Largest and second largest along the last axis, and the place of the largest; a lone value's second is 0."""
    first = np.argmax(values, axis=-1)
    ordered = np.sort(values, axis=-1)
    second = ordered[..., -2] if values.shape[-1] > 1 else np.zeros(values.shape[:-1])
    return ordered[..., -1], second, first


def count_information(problem: Problem, codes: Any, labels: npt.NDArray[np.uint16]) -> tuple[Information, Floats]:
    """Information of columns [M, N] and [K, N], and what independent columns would show on average, [M, K]."""
    correction = problem.convention.information_correction
    found = mutual_information(
        codes, labels, expected=correction == "permutation", threads=problem.threads, device=problem.device
    )
    # Zeros where the mean over permutations was not asked for.
    bias = found.freedom / (2 * problem.num_rows) if correction == "miller_madow" else found.expected
    return found, bias


def corrected_information(problem: Problem, codes: Any) -> Floats:
    """Information of binned codes and the factors without its bias, as the convention has it, [M, K].

    Args:
        problem: The factors.
        codes: uint16 [M, N], of the host or where the kernels are.
    """
    found, bias = count_information(problem, codes, problem.labels.astype(np.uint16))
    above = found.plug_in - bias
    if problem.convention.information_correction != "permutation":
        return np.maximum(above, 0.0)
    # 2 N I of independent columns follows a chi-squared law: mean about its freedom, variance twice that.
    spread = np.sqrt(2.0 * np.maximum(found.freedom, 0)) / (2 * problem.num_rows)
    factor_entropy = factor_entropies(problem)
    room = factor_entropy - bias
    significant = (above > problem.convention.null_deviations * spread) & (room > 0)
    adjusted = np.divide(above * factor_entropy, room, out=np.zeros_like(above), where=significant)
    return np.minimum(adjusted, factor_entropy)


def units(problem: Problem) -> float:
    """What nats are divided by for reports in the convention's units."""
    return math.log(2.0) if problem.convention.log_base == "2" else 1.0
