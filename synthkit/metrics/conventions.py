"""Conventions: everything that makes one metric's name stand for several numbers, as fields of a record.

``default`` is what we hold to be right. ``dlib``, ``ubisoft`` and ``infomec`` give the numbers of the programs that
published tables were made with, their quirks included:

* ``dlib``: google-research/disentanglement_lib, the settings of its ``unsupervised_study_v1``;
* ``ubisoft``: ubisoft/ubisoft-laforge-disentanglement-metrics, its defaults (its ``continuous_factors=True`` is our
  ``factor_kinds="continuous"``);
* ``infomec``: kylehkhsu/latent_quantization, the released InfoMEC evaluation.

A variant is made with `dataclasses.replace`: ``replace(CONVENTIONS["dlib"], name="dlib, 10 bins", code_bins=10)``.
"""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from synthkit.errors import InputError
from synthkit.ops.arrays import choose
from synthkit.ops.joint import MAX_BINS

__all__ = ["CONVENTIONS", "Convention", "convention_of"]


@dataclass(frozen=True)
class Convention:
    """How metrics are computed. The values given here are those of ``default``.

    Attributes:
        name: What results call it.
        defines: Metrics that the source defines, the meaning of ``metrics="all"``; empty for all.
        dead_codes: ``exclude`` constant codes from all averages and report them, or ``keep`` them.
        shuffle: Whether rows are shuffled (by the seed) before they are split, or split in their order.
        code_bins: Bins of a code.
        bins_follow_levels: Whether to take twice as many bins as the finest factor has classes where that is more than
            ``code_bins`` (at most 256): with fewer bins than classes no code could be perfect.
        code_binning: ``quantile`` or ``equal_width``, see `synthkit.ops.joint.cut`.
        factor_binning: What becomes of ordinal and continuous factors where classes are needed: their ``levels`` as
            they are, ``quantile`` bins, or ``equal_width`` bins.
        factor_bins: How many.
        information_correction: ``none``: plug-in. ``permutation``: (I - E) / (H - E) H, with E the exact mean over all
            permutations of the rows and H the factor's entropy; 0 unless I exceeds E by ``null_deviations`` standard
            deviations of its chi-squared law. ``miller_madow``: I - freedom / (2 N), at least 0.
        null_deviations: See there.
        log_base: Unit of reported information: ``e`` nats, ``2`` bits. No score depends on it.
        mig_normaliser: MI is divided by the entropy of the ``factor`` or of the ``code`` (also in ``mig_sup``).
        modularity_silent_codes: A code without information about any factor counts as ``zero``, is left out of the mean
            (``exclude``), or makes the score ``undefined``.
        jemmig_form: ``normalised`` (higher is better) or ``original`` (lower is better, in units of ``log_base``).
        sap_categorical: ``bins``: balanced test accuracy of the class that is likeliest in a code's bin.
            ``linear_svm``: test accuracy of LinearSVC(C=0.01, class_weight="balanced"). ``decision_tree``: training
            accuracy of a tree whose depth, 1 to 9, cross-validation chose. Other kinds always: squared correlation.
        dci_model: ``boosted_trees``, ``random_forest`` or ``lasso``.
        dci_numeric: Boosted trees and forests predict ordinal and continuous factors by ``regression`` (scored by R2,
            at least 0) or ``classification`` of their classes (accuracy).
        dci_smoothing: Added to importances before the entropy.
        dci_completeness: Factors' completeness averaged by ``importance`` or as a plain ``mean``.
        dci_stop_at_dead_code: The defect of a source: the first constant code and all after it count as 0.
        logistic_solver: Logistic regressions end ``exact`` at the optimum, or where ``lbfgs`` with scikit-learn's old
            defaults (100 steps, gradient 1e-4, relative gain 2e-9) stops.
        explicitness_model: ``multinomial`` logistic regression; ``one_vs_rest`` with probabilities normalised to sum 1;
            ``one_vs_rest_raw``.
        explicitness_scaling: Codes are scaled by ``zscore`` or ``minmax``.
        explicitness_balanced: Balanced class weights.
        explicitness_split: Train and test rows, or all rows for both.
        explicitness_chance: What the score of chance is moved to: 0.5 (plain AUC) or 0 (2 AUC - 1).
        irs_quantile: Quantile of deviations; 1 is the paper's.
        irs_factor_bins: Factors with more values are merged into so many equal-width bins; 0 for never.
        vae_sampler: ``intervention``: the other factors are drawn afresh, which needs every combination of factors
            among the rows. ``conditioning``: rows that share the value, whatever their other factors.
        vae_level_draw: Shared values drawn as they are frequent among ``rows``, or evenly over ``levels``.
        vae_batch: Pairs of a point of ``beta_vae``, rows of a vote of ``factor_vae``.
        vae_train_points: Points or votes to fit on.
        vae_test_points: Fresh ones to score on.
        factor_vae_min_std: Codes whose standard deviation is below are left out of votes.
        factor_vae_min_std_scale: ``absolute``, or ``relative`` to the widest code.
        z_batch: As ``vae_batch``, for ``z_diff`` and ``z_min_var``.
        z_min_var_votes: Votes of ``z_min_var``, to fit on and again to score on.
        info_neighbours: k of the nearest-neighbour estimate.
        info_active_range: Codes whose range is below this share of the widest are left out.
        info_discrete_codes: ``auto``: plug-in information for codes with no more than ``code_bins`` distinct values.
            ``never``: nearest neighbours for all.
        info_silent: What a code or factor without any information does: ``exclude`` it from the mean (a factor counts
            as chance), or make the score ``undefined``.
        info_e_balanced: Balanced class weights in the fit and in the null model.
    """

    name: str = "default"
    defines: tuple[str, ...] = ()
    dead_codes: Literal["exclude", "keep"] = "exclude"
    shuffle: bool = True
    code_bins: int = 20
    bins_follow_levels: bool = True
    code_binning: Literal["quantile", "equal_width"] = "quantile"
    factor_binning: Literal["levels", "quantile", "equal_width"] = "quantile"
    factor_bins: int = 20
    information_correction: Literal["none", "permutation", "miller_madow"] = "permutation"
    null_deviations: float = 3.0
    log_base: Literal["e", "2"] = "e"
    mig_normaliser: Literal["factor", "code"] = "factor"
    modularity_silent_codes: Literal["zero", "exclude", "undefined"] = "exclude"
    jemmig_form: Literal["normalised", "original"] = "normalised"
    sap_categorical: Literal["bins", "linear_svm", "decision_tree"] = "bins"
    dci_model: Literal["boosted_trees", "random_forest", "lasso"] = "boosted_trees"
    dci_numeric: Literal["regression", "classification"] = "regression"
    dci_smoothing: float = 0.0
    dci_completeness: Literal["importance", "mean"] = "importance"
    dci_stop_at_dead_code: bool = False
    logistic_solver: Literal["exact", "lbfgs"] = "exact"
    explicitness_model: Literal["multinomial", "one_vs_rest", "one_vs_rest_raw"] = "multinomial"
    explicitness_scaling: Literal["zscore", "minmax"] = "zscore"
    explicitness_balanced: bool = False
    explicitness_split: bool = True
    explicitness_chance: float = 0.5
    irs_quantile: float = 0.99
    irs_factor_bins: int = 0
    vae_sampler: Literal["intervention", "conditioning"] = "conditioning"
    vae_level_draw: Literal["rows", "levels"] = "rows"
    vae_batch: int = 64
    vae_train_points: int = 10_000
    vae_test_points: int = 5_000
    factor_vae_min_std: float = 0.05
    factor_vae_min_std_scale: Literal["absolute", "relative"] = "relative"
    z_batch: int = 200
    z_min_var_votes: int = 800
    info_neighbours: int = 10
    info_active_range: float = 0.05
    info_discrete_codes: Literal["auto", "never"] = "auto"
    info_silent: Literal["exclude", "undefined"] = "exclude"
    info_e_balanced: bool = False

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(Convention).items():
            value = getattr(self, name)
            if get_origin(hint) is Literal:
                choose(value, get_args(hint), name=f"convention.{name}")
            elif name in _LIMITS:
                _check_number(name, hint, value)


# Least and greatest value of numeric fields.
_LIMITS: dict[str, tuple[float, float]] = {
    "code_bins": (2, MAX_BINS),
    "factor_bins": (2, MAX_BINS),
    "null_deviations": (0, 1e6),
    "dci_smoothing": (0, 1),
    "explicitness_chance": (0, 0.5),
    "irs_quantile": (0, 1),
    "irs_factor_bins": (0, MAX_BINS),
    "vae_batch": (2, 2**20),
    "vae_train_points": (2, 2**24),
    "vae_test_points": (1, 2**24),
    "factor_vae_min_std": (0, 1e300),
    "z_batch": (2, 2**20),
    "z_min_var_votes": (1, 2**24),
    "info_neighbours": (1, 2**20),
    "info_active_range": (0, 1),
}


def _check_number(name: str, kind: type, value: Any) -> None:
    least, most = _LIMITS[name]
    whole = kind is int
    right = isinstance(value, int | np.integer | (int if whole else float)) and not isinstance(value, bool)
    if not right or not least <= value <= most:
        what = "a whole number" if whole else "a number"
        raise InputError(f"convention.{name}: must be {what} from {least:g} to {most:g}, not {value!r}")


_DLIB = Convention(
    name="dlib",
    defines=(
        *("mig", "modularity", "sap", "dci_disentanglement", "dci_completeness", "dci_informativeness_train"),
        *("dci_informativeness_test", "explicitness_train", "explicitness_test", "irs", "beta_vae", "factor_vae"),
        *("total_correlation", "gaussian_wasserstein", "gaussian_wasserstein_normalised", "mutual_info_score"),
    ),
    dead_codes="keep",
    shuffle=False,
    bins_follow_levels=False,
    code_binning="equal_width",
    factor_binning="levels",
    information_correction="none",
    modularity_silent_codes="zero",
    sap_categorical="linear_svm",
    dci_numeric="classification",
    dci_smoothing=1e-11,
    logistic_solver="lbfgs",
    irs_factor_bins=20,
    vae_sampler="intervention",
    factor_vae_min_std_scale="absolute",
    info_discrete_codes="never",
    info_silent="undefined",
)

CONVENTIONS: dict[str, Convention] = {
    "default": Convention(),
    "dlib": _DLIB,
    "ubisoft": dataclasses.replace(
        _DLIB,
        name="ubisoft",
        defines=(
            *("mig", "mig_sup", "jemmig", "dcimig", "modularity", "sap", "dci_disentanglement", "dci_completeness"),
            *("dci_informativeness_train", "explicitness_train", "irs", "z_diff", "z_min_var"),
        ),
        code_bins=10,
        factor_binning="equal_width",
        factor_bins=10,
        log_base="2",
        mig_normaliser="code",
        modularity_silent_codes="undefined",
        sap_categorical="decision_tree",
        dci_model="lasso",
        dci_numeric="regression",
        dci_smoothing=0.0,
        dci_completeness="mean",
        dci_stop_at_dead_code=True,
        explicitness_model="one_vs_rest",
        explicitness_scaling="minmax",
        explicitness_balanced=True,
        explicitness_split=False,
        explicitness_chance=0.0,
        irs_quantile=1.0,
        irs_factor_bins=0,
        vae_sampler="conditioning",
        vae_level_draw="levels",
    ),
    "infomec": dataclasses.replace(
        _DLIB,
        name="infomec",
        defines=("info_m", "info_c", "info_e"),
        info_e_balanced=True,
    ),
}


def convention_of(convention: Any) -> Convention:
    """The convention of a name, or the convention itself.

    Raises:
        InputError: No such name (the nearest is offered), or neither name nor convention.
    """
    if isinstance(convention, Convention):
        return convention
    if not isinstance(convention, str):
        raise InputError(f"convention: must be a name or a Convention, not {type(convention).__name__}")
    if convention not in CONVENTIONS:
        near = difflib.get_close_matches(convention.lower(), CONVENTIONS, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"convention: {convention!r} is none of: {', '.join(CONVENTIONS)}{hint}")
    return CONVENTIONS[convention]
