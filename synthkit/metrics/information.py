"""The information matrix that MIG, MIG-sup, JEMMIG, DCIMIG and modularity stand on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthkit.metrics.conventions import Convention
from synthkit.metrics.problem import Problem
from synthkit.ops.joint import Information, cut, mutual_information

__all__ = ["InformationMatrix", "best_two", "corrected", "entropy", "factor_entropies", "information_matrix", "units"]

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
    convention = problem.convention
    bins = cut(
        problem.codes,
        bins=problem.code_bins,
        method=convention.code_binning,
        threads=problem.threads,
        device=problem.device,
    )
    columns = bins.index.reshape(-1, problem.num_rows)
    found = mutual_information(
        columns,
        problem.labels.astype(np.uint16),
        expected=convention.information_correction == "permutation",
        threads=problem.threads,
        device=problem.device,
    )
    factor_entropy = factor_entropies(problem)
    mutual = corrected(found, factor_entropy, convention, problem.num_rows)
    shape = (problem.num_models, problem.num_codes, problem.num_factors)
    mutual = np.where(problem.used[:, np.newaxis], mutual.reshape(shape).transpose(0, 2, 1), 0.0)
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


def corrected(found: Information, factor_entropy: Floats, convention: Convention, rows: int) -> Floats:
    """Information [M, K] without its bias, as the convention has it."""
    plug_in = found.plug_in
    if convention.information_correction == "none":
        return plug_in
    if convention.information_correction == "miller_madow":
        return np.maximum(plug_in - found.freedom / (2 * rows), 0.0)
    # 2 N I of independent columns follows a chi-squared law: mean about its freedom, variance twice that.
    spread = np.sqrt(2.0 * np.maximum(found.freedom, 0)) / (2 * rows)
    above = plug_in - found.expected
    room = factor_entropy - found.expected
    significant = (above > convention.null_deviations * spread) & (room > 0)
    adjusted = np.divide(above * factor_entropy, room, out=np.zeros_like(plug_in), where=significant)
    return np.minimum(adjusted, factor_entropy)


def units(problem: Problem) -> float:
    """What nats are divided by for reports in the convention's units."""
    return math.log(2.0) if problem.convention.log_base == "2" else 1.0
