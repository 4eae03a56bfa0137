"""Interventional robustness."""

from __future__ import annotations

import numpy as np

from synthkit.metrics.problem import Problem, Result
from synthkit.ops.deviations import group_deviations

__all__ = ["irs"]


def irs(problem: Problem) -> Result:
    """IRS = mean over codes, weighted by their largest deviation, of max over k of 1 - deviation_kd / largest_d.

    deviation_kd is the quantile of |z_d - mean of z_d given v_k|, averaged over the values of v_k; largest_d the
    largest |z_d - mean of z_d|. Source: Suter et al. 2019, "Robustly disentangled causal mechanisms", section 5
    (quantile 1); ``dlib`` takes the quantile 0.99 and merges factors of more than 20 values. Range 0..1, higher is
    better; a code that only ever depends on one factor scores 1 whether or not it tells that factor well. Constant
    codes are left out. Cost O(B N D K).
    """
    largest, within = group_deviations(
        problem.kernel_codes,
        _groupings(problem),
        quantile=problem.convention.irs_quantile,
        threads=problem.threads,
        device=problem.device,
    )
    alive = problem.alive
    share = np.divide(within, largest[:, np.newaxis], out=np.ones_like(within), where=alive[:, np.newaxis])
    matrix = np.where(alive[:, np.newaxis], 1.0 - share, 0.0)
    per_code = np.where(alive, matrix.max(axis=1), np.nan)
    weights = np.where(alive, largest, 0.0)
    total = weights.sum(axis=1)
    weighted = np.where(alive, per_code * weights, 0.0).sum(axis=1)
    score = np.divide(weighted, total, out=np.full_like(total, np.nan), where=total > 0)
    result = Result(values={"irs": score}, per_code={"irs": per_code}, matrices={"irs": matrix})
    if np.isnan(score).any():
        result.undefined["irs"] = "all codes are constant"
    return result


def _groupings(problem: Problem) -> np.ndarray:
    """Classes [N, K] as this metric takes them."""
    limit = problem.convention.irs_factor_bins
    columns = problem.labels
    if limit:
        values = np.stack([factor.values for factor in problem.factors], axis=1)
        columns = problem.cut(values, limit, "equal_width")[0].astype(np.int64)
    return columns.T
