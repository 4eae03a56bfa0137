"""All metrics by one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from synthkit.errors import InputError
from synthkit.metrics.checks import refuse_huge, refuse_mismatch, refuse_swapped, refuse_too_few_rows
from synthkit.metrics.conventions import Convention, convention_of
from synthkit.metrics.factors import read_factors
from synthkit.metrics.information import information_matrix, units
from synthkit.metrics.notes import first_notes
from synthkit.metrics.problem import Problem, Result, train_count
from synthkit.metrics.registry import FAMILIES, METRICS, Family, choose_metrics
from synthkit.metrics.resample import intervals
from synthkit.metrics.scores import Interval, Scores
from synthkit.ops.arrays import as_code_batch, choose, whole
from synthkit.ops.cuda.arrays import is_device_array
from synthkit.ops.cuda.codes import copied_to_host
from synthkit.ops.cuda.module import device_number, is_cuda
from synthkit.ops.threads import thread_count
from synthkit.seeds import Permutation, derive_key

__all__ = ["evaluate"]

_MAX_SEED = 2**63 - 1
_MAX_RESAMPLES = 1_000_000


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
    on_progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Score how well codes lay factors apart.

    Args:
        factors: What is known of each example, int or float [N, K].
        codes: What a model makes of each example, float [N, D]; or of B models on the same examples, [B, N, D]. They
            may lie on a GPU (torch, CuPy, JAX; float64): predictors get a copy.
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
        device: ``cpu``; ``reference`` for the NumPy twins of all kernels (slow); or a GPU, ``cuda`` or ``cuda:N``, for
            bins, information, neighbours, deviations and distances, while predictors are fitted on the CPU. All give
            the same scores.
        on_progress: Called after each resample with how many are done, and how many there are.

    Returns:
        Scores: floats for codes [N, D], float64 [B] for codes [B, N, D]. Memory: the codes as float64, twice if
        shuffled, and for ``dci`` with N rows and C classes about 24 N C bytes a thread.

    Raises:
        InputError: What was given cannot be scored; the message says where and what to do.
    """
    settings = convention_of(convention)
    chosen = choose_metrics(metrics, settings)
    codes = copied_to_host(codes) if is_device_array(codes) else codes
    batch = as_code_batch(codes)
    read = read_factors(factors, factor_kinds, factor_names)
    refuse_mismatch(batch, read)
    refuse_huge(batch, np.ndim(codes) == 3)
    if factor_kinds is None:
        refuse_swapped(batch, read)
    shuffled = settings.shuffle if shuffle is None else bool(shuffle)
    problem = Problem(
        codes=batch,
        factors=read,
        convention=settings,
        num_train=_num_train(batch.shape[1], train_fraction),
        seed=whole("seed", seed, 0, _MAX_SEED),
        threads=thread_count(threads),
        device=_device(device),
    )
    if shuffled:
        order = Permutation(derive_key(problem.seed, "synthkit.metrics", "shuffle"), problem.num_rows)
        problem = problem.take(order(np.arange(problem.num_rows)), num_train=problem.num_train)
    resamples = whole("bootstrap", bootstrap, 0, _MAX_RESAMPLES)
    if resamples == 1:
        raise InputError("bootstrap: one resample has no spread; give 0 or at least 2 (100 or more for an interval)")
    families = [family for family in FAMILIES if set(family.metrics) & set(chosen)]
    refuse_too_few_rows(problem, families)
    result = _merged(problem, families, chosen)
    found = {} if resamples == 0 else intervals(problem, families, result.values, resamples, on_progress)
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


def _device(device: Any) -> str:
    if is_cuda(device):
        device_number(device)
        return str(device)
    return choose(device, ("cpu", "reference", "cuda"), name="device")


def _merged(problem: Problem, families: list[Family], chosen: tuple[str, ...]) -> Result:
    merged = Result(notes=first_notes(problem, families, chosen))
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


def _num_train(rows: int, fraction: Any) -> int:
    if isinstance(fraction, bool) or not isinstance(fraction, float | int | np.floating) or not 0 < fraction < 1:
        raise InputError(f"train_fraction: must be between 0 and 1, not {fraction!r}")
    return train_count(rows, float(fraction))
