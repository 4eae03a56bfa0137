"""All metrics by one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.metrics.conventions import Convention, convention_of
from synthkit.metrics.factors import Factor, read_factors
from synthkit.metrics.information import information_matrix, units
from synthkit.metrics.problem import Problem, Result, places, train_count
from synthkit.metrics.registry import FAMILIES, METRICS, Family, choose_metrics
from synthkit.metrics.resample import intervals
from synthkit.metrics.scores import Interval, Scores
from synthkit.ops.arrays import as_code_batch, choose, whole
from synthkit.ops.threads import thread_count
from synthkit.seeds import Permutation, derive_key

__all__ = ["evaluate"]

_DEVICES = ("cpu", "reference")
_MAX_SEED = 2**63 - 1
_MAX_RESAMPLES = 1_000_000
# Plug-in information of independent columns, in shares of a factor's entropy, that is worth a warning.
_NOTABLE_BIAS = 0.02


def evaluate(
    *,
    factors: Any,
    codes: Any,
    metrics: str | Sequence[str] = "all",
    convention: str | Convention = "default",
    factor_kinds: str | Sequence[str] | None = None,
    factor_names: Sequence[str] | None = None,
    train_fraction: float = 0.9,
    shuffle: bool | None = None,
    bootstrap: int = 0,
    seed: int = 0,
    threads: int | None = None,
    device: str = "cpu",
) -> Scores:
    """Score how well codes lay factors apart.

    Args:
        factors: What is known of each example, int or float [N, K].
        codes: What a model makes of each example, float [N, D]; or of B models on the same examples, [B, N, D].
        metrics: ``all`` that the convention defines; or names of metrics or families (`METRICS`), as a sequence or with
            commas between.
        convention: ``default``, ``dlib``, ``ubisoft``, ``infomec``, or a `Convention`.
        factor_kinds: ``categorical``, ``ordinal`` or ``continuous``, for all factors or one for each. By default
            integer columns are categorical and others continuous.
        factor_names: K names.
        train_fraction: Metrics that fit a predictor train on ceil(train_fraction N) rows and test on the rest.
        shuffle: Whether rows are shuffled by the seed before that; by default as the convention has it.
        bootstrap: Resamples of the rows for 95 % intervals and standard errors; 0 for none. Cost: as many times more.
        seed: Of all that is drawn: the shuffle, batches of rows, resamples.
        threads: Threads; None for one a core. No result depends on it.
        device: ``cpu``, or ``reference`` for the NumPy twins of all kernels (slow).

    Returns:
        Scores: floats for codes [N, D], float64 [B] for codes [B, N, D]. Memory: the codes as float64, twice if
        shuffled, and for ``dci`` with N rows and C classes about 24 N C bytes a thread.

    Raises:
        InputError: What was given cannot be scored; the message says where and what to do.
    """
    settings = convention_of(convention)
    chosen = choose_metrics(metrics, settings)
    batch = as_code_batch(codes)
    read = read_factors(factors, factor_kinds, factor_names)
    _refuse_mismatch(batch, read)
    if factor_kinds is None:
        _refuse_swapped(batch, read)
    shuffled = settings.shuffle if shuffle is None else bool(shuffle)
    problem = Problem(
        codes=batch,
        factors=read,
        convention=settings,
        num_train=_num_train(batch.shape[1], train_fraction),
        seed=whole("seed", seed, 0, _MAX_SEED),
        threads=thread_count(threads),
        device=choose(device, _DEVICES, name="device"),
    )
    if shuffled:
        order = Permutation(derive_key(problem.seed, "synthkit.metrics", "shuffle"), problem.num_rows)
        problem = problem.take(order(np.arange(problem.num_rows)), num_train=problem.num_train)
    resamples = whole("bootstrap", bootstrap, 0, _MAX_RESAMPLES)
    if resamples == 1:
        raise InputError("bootstrap: one resample has no spread; give 0 or at least 2 (100 or more for an interval)")
    families = [family for family in FAMILIES if set(family.metrics) & set(chosen)]
    _refuse_too_few_rows(problem, families)
    result = _merged(problem, families, chosen)
    found = {} if resamples == 0 else intervals(problem, families, result.values, resamples)
    single = np.ndim(codes) == 2
    return Scores(
        convention=settings.name,
        settings=_settings(problem, shuffled, train_fraction, resamples),
        metrics={name: _one(result.values[name], single) for name in chosen},
        per_factor={name: _one(result.per_factor[name], single) for name in METRICS if name in result.per_factor},
        per_code={name: _one(result.per_code[name], single) for name in METRICS if name in result.per_code},
        matrices={name: _one(matrix, single) for name, matrix in result.matrices.items()},
        factor_names=tuple(factor.name for factor in read),
        factor_kinds=tuple(factor.kind for factor in read),
        intervals={
            name: Interval(*(_one(end, single) for end in (i.low, i.high, i.standard_error)))
            for name, i in found.items()
        },
        warnings=tuple(result.notes),
        undefined=result.undefined,
    )


def _merged(problem: Problem, families: list[Family], chosen: tuple[str, ...]) -> Result:
    merged = Result(notes=_notes(problem, families, chosen))
    if any(family.on_information for family in families):
        matrix = problem.once("information", information_matrix)
        merged.matrices["mutual_information"] = matrix.mutual / units(problem)
    for family in families:
        result = family.compute(problem)
        for name in family.metrics:
            if name not in chosen:
                continue
            merged.values[name] = result.values[name]
            for kind in ("per_factor", "per_code", "undefined"):
                if name in getattr(result, kind):
                    getattr(merged, kind)[name] = getattr(result, kind)[name]
        merged.matrices.update(result.matrices)
        merged.notes.extend(result.notes)
    return merged


def _one(values: Any, single: bool) -> Any:
    if not single:
        return values
    return float(values[0]) if np.ndim(values) == 1 else values[0]


def _settings(problem: Problem, shuffled: bool, train_fraction: float, resamples: int) -> dict[str, Any]:
    fields = dataclasses.asdict(problem.convention)
    del fields["name"], fields["defines"]
    return fields | {
        "bins": problem.code_bins,
        "num_rows": problem.num_rows,
        "num_codes": problem.num_codes,
        "num_factors": problem.num_factors,
        "num_train": problem.num_train,
        "train_fraction": float(train_fraction),
        "shuffle": shuffled,
        "seed": problem.seed,
        "bootstrap": resamples,
    }


def _notes(problem: Problem, families: list[Family], chosen: tuple[str, ...]) -> list[str]:
    convention = problem.convention
    notes = []
    foreign = [name for name in chosen if convention.defines and name not in convention.defines]
    if foreign:
        notes.append(
            f"{', '.join(foreign)}: not defined by the source of {convention.name}; computed with its bins and settings"
        )
    if not problem.alive.all():
        fate = "left out" if convention.dead_codes == "exclude" else "kept, as this convention does"
        notes.append(f"constant codes ({fate}): {places(~problem.alive)}")
    if any(family.on_information for family in families):
        notes.extend(_bias_notes(problem))
    return notes


def _bias_notes(problem: Problem) -> list[str]:
    levels, bins = problem.levels, problem.code_bins
    notes = []
    if problem.convention.information_correction == "none":
        bias = (levels - 1) * (bins - 1) / (2 * problem.num_rows) / np.log(levels)
        if bias.max() > _NOTABLE_BIAS:
            worst = problem.factors[int(bias.argmax())].name
            notes.append(
                f"plug-in information is biased: a code that knows nothing of {worst} shows about "
                f"{min(bias.max(), 1.0):.0%} of its entropy at {problem.num_rows} rows"
            )
    if levels.max() > bins:
        worst = problem.factors[int(levels.argmax())].name
        notes.append(
            f"{worst} has {levels.max()} classes but codes have {bins} bins: no code can tell more than "
            f"{np.log(bins) / np.log(levels.max()):.0%} of it"
        )
    return notes


def _refuse_mismatch(codes: npt.NDArray[np.float64], factors: tuple[Factor, ...]) -> None:
    rows = len(factors[0].values)
    if codes.shape[1] != rows:
        hint = " (codes of several models are [B, N, D])" if rows in codes.shape else ""
        raise InputError(f"codes: {codes.shape[1]} rows, but factors have {rows}; row i of both is example i{hint}")


def _refuse_swapped(codes: npt.NDArray[np.float64], factors: tuple[Factor, ...]) -> None:
    """Fractions for factors and class numbers for codes: nearly always the two were mixed up."""
    if any(factor.kind != "continuous" for factor in factors):
        return
    if np.all(codes == np.round(codes)) and not all(np.all(f.values == np.round(f.values)) for f in factors):
        raise InputError(
            "factors hold fractions and codes hold whole numbers only: are they swapped? factors are what is known of "
            "an example, codes what the model says; if this is meant, declare factor_kinds"
        )


def _refuse_too_few_rows(problem: Problem, families: list[Family]) -> None:
    rows = problem.num_rows
    for factor, levels in zip(problem.factors, problem.levels, strict=True):
        if 2 * levels > rows:
            raise InputError(
                f"factors: {factor.name} has {levels} different values in {rows} rows, and the convention "
                f"{problem.convention.name} takes each for a class; use the default convention, or round them"
            )
    least = max(problem.code_bins, 2 * int(problem.levels.max()))
    if rows < least:
        raise InputError(
            f"codes: {rows} rows are too few for {problem.code_bins} bins and {problem.levels.max()} classes; at least "
            f"{least} are needed, and ten times that for a number worth printing"
        )
    if not any(family.split for family in families):
        return
    if problem.num_train >= rows:
        raise InputError(f"train_fraction: leaves none of {rows} rows for the test")
    for factor, labels in zip(problem.factors, problem.labels, strict=True):
        if len(np.unique(labels[: problem.num_train])) < 2:
            raise InputError(
                f"factors: {factor.name} does not vary in the {problem.num_train} training rows; shuffle them"
            )


def _num_train(rows: int, fraction: Any) -> int:
    if isinstance(fraction, bool) or not isinstance(fraction, float | int | np.floating) or not 0 < fraction < 1:
        raise InputError(f"train_fraction: must be between 0 and 1, not {fraction!r}")
    return train_count(rows, float(fraction))
