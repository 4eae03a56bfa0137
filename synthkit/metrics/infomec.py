"""InfoMEC: modularity, compactness and explicitness as shares of information."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.metrics.information import corrected_information, factor_entropies
from synthkit.metrics.problem import Problem, Result
from synthkit.metrics.scaling import zscore
from synthkit.metrics.solver import solver_options
from synthkit.ops.knn import break_ties, mi_discrete
from synthkit.ops.logistic import logistic_regression

__all__ = ["info_e", "info_m_c", "share_scores"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def info_m_c(problem: Problem) -> Result:
    """InfoM and InfoC, from NMI_kd = I(v_k; z_d) / H(v_k) of the codes that are active.

    InfoM = (mean over codes of max over k / sum over k of NMI - 1/K) / (1 - 1/K); InfoC = the same over factors, max
    and sum over the D' active codes and 1/D' for 1/K. I is the nearest-neighbour estimate (Ross 2014) with
    ``info_neighbours`` neighbours of the standardised code, ties broken by noise of 1e-10; plug-in for codes of few
    values in ``default``. A code is active if its range exceeds ``info_active_range`` of the widest. Source: Hsu et al.
    2023, "Disentanglement via latent quantization", section 5. Range 0..1, higher is better. With one factor (one
    active code) InfoM (InfoC) is 1 as soon as there is any information. Cost O(B D N (log N + K)).
    """
    active = active_codes(problem)
    nmi = np.maximum(_information(problem) / factor_entropies(problem)[:, np.newaxis], 0.0)
    nmi = np.where(active[:, np.newaxis], nmi, 0.0)
    result = Result(matrices={"normalised_information": nmi})
    strict = problem.convention.info_silent == "undefined"
    scores = [share_scores(matrix, mask, strict=strict) for matrix, mask in zip(nmi, active, strict=True)]
    result.values["info_m"] = np.array([m for m, _ in scores])
    result.values["info_c"] = np.array([c for _, c in scores])
    for name in ("info_m", "info_c"):
        if np.isnan(result.values[name]).any():
            result.undefined[name] = (
                "an active code or a factor without any information gives 0/0"
                if strict
                else ("no code has information about any factor")
            )
    if not active.all():
        result.notes.append(
            f"info_m, info_c: {int((~active).sum())} of {active.size} codes are inactive (range below "
            f"{problem.convention.info_active_range:g} of the widest) and left out"
        )
    return result


def active_codes(problem: Problem) -> Mask:
    """Codes whose range exceeds the convention's share of the widest, [B, D]."""
    span = np.ptp(problem.codes, axis=1)
    return span > problem.convention.info_active_range * span.max(axis=1, keepdims=True)


def _information(problem: Problem) -> Floats:
    """I(v_k; z_d), nats, [B, K, D]."""
    codes = break_ties(zscore(problem.codes, problem.num_rows), key=problem.key("info"), device=problem.device)
    found: Floats = mi_discrete(
        codes,
        problem.labels.T,
        neighbours=problem.convention.info_neighbours,
        threads=problem.threads,
        device=problem.device,
    )
    if problem.convention.info_discrete_codes == "auto":
        few = np.array([[len(np.unique(column)) <= problem.code_bins for column in model.T] for model in problem.codes])
        for b in np.flatnonzero(few.any(axis=1)):
            found[b][:, few[b]] = _plug_in(problem, problem.codes[b][:, few[b]])
    return found


def _plug_in(problem: Problem, codes: Floats) -> Floats:
    """[K, D] of codes of few values."""
    return corrected_information(problem, problem.cut(codes, problem.code_bins, "quantile")[0]).T


def share_scores(nmi: Floats, active: Mask, *, strict: bool) -> tuple[float, float]:
    """InfoM and InfoC of normalised information [K, D]; NaN where there is none."""
    matrix = nmi[:, active]
    return _mean_share(matrix.T, strict, skip=True), _mean_share(matrix, strict, skip=False)


def _mean_share(rows: Floats, strict: bool, *, skip: bool) -> float:
    """Mean over rows of largest / sum, moved so that an even row is 0. Silent rows: left out, or counted as even."""
    count = rows.shape[1]
    total = rows.sum(axis=1)
    silent = ~(total > 0)
    if (strict and silent.any()) or silent.all():
        return float("nan")
    if count == 1:
        return 1.0
    even = 1.0 / count
    share = np.divide(rows.max(axis=1), total, out=np.full(len(rows), even), where=~silent)
    mean = share[~silent].mean() if skip else share.mean()
    return float((mean - even) / (1.0 - even))


def info_e(problem: Problem) -> Result:
    """InfoE = mean over factors of 1 - CE / CE_null: the share of a factor's entropy that a linear classifier finds.

    CE is the log loss of an unpenalised multinomial logistic regression from the standardised codes, on the rows that
    it was fitted to; CE_null that of knowing the classes' frequencies alone, H(v_k). The source weighs classes evenly
    in both fits (``info_e_balanced``), which makes CE_null the logarithm of the number of classes, whatever the
    entropy. Source: Hsu et al. 2023, section 5. Range 0..1, higher is better. Cost O(B N D classes iterations).
    """
    balanced = problem.convention.info_e_balanced
    fits = logistic_regression(
        zscore(problem.codes, problem.num_rows),
        problem.labels.T,
        c=np.inf,
        balanced=balanced,
        **solver_options(problem, int(problem.levels.max())),
        threads=problem.threads,
        device=problem.host_device,
    )
    null = np.log(problem.levels) if balanced else factor_entropies(problem)
    per_factor = 1.0 - fits.log_loss / null
    return Result(values={"info_e": per_factor.mean(axis=1)}, per_factor={"info_e": per_factor})
