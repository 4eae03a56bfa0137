"""Names of metrics, and which family computes each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from synthkit.errors import InputError
from synthkit.metrics.conventions import Convention
from synthkit.metrics.dci import dci
from synthkit.metrics.explicitness import explicitness
from synthkit.metrics.infomec import info_e, info_m_c
from synthkit.metrics.information import InformationMatrix, information_matrix
from synthkit.metrics.irs import irs
from synthkit.metrics.jemmig import dcimig, jemmig
from synthkit.metrics.mig import mig, mig_sup
from synthkit.metrics.modularity import modularity
from synthkit.metrics.probes import probe
from synthkit.metrics.problem import Problem, Result
from synthkit.metrics.sap import sap
from synthkit.metrics.unsupervised import gaussian_dependence, mutual_info_score
from synthkit.metrics.vae_scores import beta_vae, factor_vae, z_diff, z_min_var

__all__ = ["FAMILIES", "METRICS", "Family", "choose_metrics"]


@dataclass(frozen=True)
class Family:
    """Metrics that are computed together.

    Attributes:
        name: Stands for all of them.
        metrics: Their names.
        compute: How.
        on_information: Whether they are read off the matrix of binned information.
        repeats_allowed: Whether a row may stand in a sample twice; nearest neighbours at distance 0 would mislead.
        split: Whether there are rows to train and rows to test on.
        bounds: Least and greatest value.
    """

    name: str
    metrics: tuple[str, ...]
    compute: Callable[[Problem], Result]
    on_information: bool = False
    repeats_allowed: bool = True
    split: bool = False
    bounds: tuple[float, float] = (0.0, 1.0)


def _on_matrix(name: str, metric: Callable[[Problem, InformationMatrix], Result], **more: Any) -> Family:
    def compute(problem: Problem) -> Result:
        return metric(problem, problem.once("information", information_matrix))

    return Family(name, (name,), compute, on_information=True, **more)


def _names(stem: str, *endings: str) -> tuple[str, ...]:
    return tuple(f"{stem}_{ending}" for ending in endings)


_ANY = (float("-inf"), float("inf"))
_FROM_ZERO = (0.0, float("inf"))

FAMILIES: tuple[Family, ...] = (
    _on_matrix("mig", mig),
    _on_matrix("mig_sup", mig_sup),
    _on_matrix("jemmig", jemmig, bounds=_ANY),
    _on_matrix("dcimig", dcimig),
    _on_matrix("modularity", modularity),
    Family("sap", ("sap",), sap, split=True),
    Family(
        "dci",
        _names("dci", "disentanglement", "completeness", "informativeness_train", "informativeness_test"),
        dci,
        split=True,
    ),
    Family("explicitness", _names("explicitness", "train", "test"), explicitness, split=True),
    Family("irs", ("irs",), irs),
    Family("beta_vae", ("beta_vae",), beta_vae),
    Family("factor_vae", ("factor_vae",), factor_vae),
    Family("z_diff", ("z_diff",), z_diff, bounds=(-1.0, 1.0)),
    Family("z_min_var", ("z_min_var",), z_min_var, bounds=(-1.0, 1.0)),
    Family("info_mc", ("info_m", "info_c"), info_m_c, repeats_allowed=False),
    Family("info_e", ("info_e",), info_e, bounds=(float("-inf"), 1.0)),
    Family(
        "gaussian",
        ("total_correlation", "gaussian_wasserstein", "gaussian_wasserstein_normalised"),
        gaussian_dependence,
        bounds=_FROM_ZERO,
    ),
    Family("mutual_info_score", ("mutual_info_score",), mutual_info_score, bounds=_ANY),
    Family(
        "probe",
        _names("probe", "accuracy", "accuracy_baseline", "balanced_accuracy", "balanced_baseline", "r2"),
        probe,
        split=True,
        bounds=(float("-inf"), 1.0),
    ),
)

METRICS: tuple[str, ...] = tuple(name for family in FAMILIES for name in family.metrics)


def choose_metrics(metrics: Any, convention: Convention) -> tuple[str, ...]:
    """The names asked for, each once, in the order of `METRICS`.

    ``all`` stands for what the convention defines; a family's name for its metrics.

    Raises:
        InputError: An unknown name (the nearest is offered), or none at all.
    """
    if isinstance(metrics, str):
        metrics = [part.strip() for part in metrics.split(",")]
    if not isinstance(metrics, Sequence) or not metrics:
        raise InputError(f"metrics: must be 'all' or names, not {metrics!r}")
    families = {family.name: family.metrics for family in FAMILIES}
    chosen: set[str] = set()
    for name in metrics:
        if name == "all":
            chosen.update(convention.defines or METRICS)
        elif name in families:
            chosen.update(families[name])
        elif name in METRICS:
            chosen.add(name)
        else:
            raise InputError(_unknown(name, [*METRICS, *families, "all"]))
    return tuple(name for name in METRICS if name in chosen)


def _unknown(name: Any, known: list[str]) -> str:
    text = str(name).lower().replace("-", "_")
    near = difflib.get_close_matches(text, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"metrics: there is no {name!r}; {hint}There are: {', '.join(METRICS)}"
