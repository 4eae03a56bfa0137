"""What codes alone tell: how dependent they are on each other."""

from __future__ import annotations

import numpy as np

from synthkit.metrics.information import count_information
from synthkit.metrics.problem import Problem, Result

__all__ = ["gaussian_dependence", "mutual_info_score"]


def gaussian_dependence(problem: Problem) -> Result:
    """Total correlation and Wasserstein dependence of codes taken for Gaussian, from their covariance S.

    ``total_correlation`` = [sum of ln S_dd - ln det S] / 2, nats. ``gaussian_wasserstein`` = 2 tr S - 2 tr
    (D^1/2 S D^1/2)^1/2, D the diagonal of S: the squared 2-Wasserstein distance to independent codes;
    ``gaussian_wasserstein_normalised`` is divided by tr S. Source: Locatello et al. 2019, "Challenging common
    assumptions", appendix. Range 0 and up, 0 for uncorrelated codes; they see linear dependence only. Constant codes
    are left out. Cost O(B N D^2).
    """
    names = ("total_correlation", "gaussian_wasserstein", "gaussian_wasserstein_normalised")
    values = {name: np.full(problem.num_models, np.nan) for name in names}
    for b in range(problem.num_models):
        codes = problem.codes[b][:, problem.alive[b]]
        if codes.shape[1] == 0:
            continue
        covariance = np.atleast_2d(np.cov(codes, rowvar=False))
        variances = np.diag(covariance)
        sign, log_det = np.linalg.slogdet(covariance)
        roots = np.sqrt(variances)
        eigenvalues = np.linalg.eigvalsh(roots[:, np.newaxis] * covariance * roots)
        distance = 2 * variances.sum() - 2 * np.sqrt(np.maximum(eigenvalues, 0.0)).sum()
        values[names[0]][b] = 0.5 * (np.log(variances).sum() - log_det) if sign > 0 else np.inf
        values[names[1]][b] = max(distance, 0.0)
        values[names[2]][b] = max(distance, 0.0) / variances.sum()
    result = Result(values=values)
    if np.isnan(values[names[0]]).any():
        result.undefined = dict.fromkeys(names, "all codes are constant")
    elif np.isinf(values[names[0]]).any():
        result.notes.append("total_correlation: infinite, since a code is a linear function of others")
    return result


def mutual_info_score(problem: Problem) -> Result:
    """Mean mutual information of two different codes, cut into the convention's bins, nats.

    Source: disentanglement_lib's ``unsupervised_metrics``. Range 0 and up, about 0 for independent codes (in
    ``default``, the mean over permutations of rows is subtracted; plug-in information of 20 by 20 bins is too high by
    about 0.018 at N = 10,000). Constant codes are left out by default. Cost O(B N D^2).
    """
    convention = problem.convention
    score = np.full(problem.num_models, np.nan)
    for b in range(problem.num_models):
        used = problem.used[b]
        count = int(used.sum())
        if count < 2:
            continue
        bins = problem.cut(problem.codes[b][:, used], convention.code_bins, convention.code_binning)[0]
        found, bias = count_information(problem, bins, bins)
        # Not stopped at 0: independent codes have a mean of 0 only if their noise may fall below it.
        pairs = found.plug_in - bias
        score[b] = (pairs.sum() - np.trace(pairs)) / (count * (count - 1))
    result = Result(values={"mutual_info_score": score})
    if np.isnan(score).any():
        result.undefined["mutual_info_score"] = "there are no two codes that vary"
    return result
