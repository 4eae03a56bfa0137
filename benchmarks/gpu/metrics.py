"""Disentanglement metrics on a GPU, against the CPU's kernels on two threads in the same run.

Whatever is timed is first compared with the CPU's answer, all of it, bit for bit. Times are of whole calls, with the
checks of their arguments and the results on the host; codes lie on the GPU unless it says "from the host".

Predicted for an H200 beside a CPU that takes 2 s for 1,000 models, 0.13 s for a pair of nearest-neighbour information:

- information of 1,000 models, more than 100 times: 0.6 ms to cut, 0.8 ms to count. From the host it is the upload that
  is measured: 800 MB of memory that may be paged out, 0.1 s or more: 10 times.
- nearest neighbours, about 100 times: 0.5 ms a pair of 100,000 rows, and arguments to be checked. (Of a single code
  the CPU uses one thread.)
- deviations, 50 times: 5 * 10^7 of them at 10^10 a second, and the grouping of labels on the host.
- variances of samples, 15 times: 13 ms, but as long to copy 80 MB of results into fresh memory of the host.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.bench_metrics import data
from benchmarks.gpu.machine import Gpu
from benchmarks.gpu.report import Measured, Report, timed
from synthkit.ops import deviations, joint, knn

__all__ = ["run"]

_BINS = 20
_NEIGHBOURS = 10
_THREADS = 2
_TARGET = ">= 20"


@dataclass(frozen=True)
class _Sizes:
    models: int  # for information
    rows: int
    some: int  # models for deviations and variances
    votes: int
    batch: int  # rows of a vote
    points: int  # for nearest neighbours
    repeats: int


_FULL = _Sizes(1000, 10_000, 100, 10_000, 64, 100_000, 15)
_SMOKE = _Sizes(3, 3000, 3, 200, 64, 5000, 2)
_EMULATED = _Sizes(2, 60, 2, 5, 8, 40, 1)


def run(gpu: Gpu, *, smoke: bool) -> Report:
    """Check and time all of them."""
    sizes = _EMULATED if gpu.emulated else _SMOKE if smoke else _FULL
    report = Report(f"metrics on the GPU against the CPU on {_THREADS} threads")
    factors, codes = data(sizes.rows, sizes.models)
    _information(gpu, factors, codes, sizes, report)
    _deviations(gpu, factors, codes[: sizes.some], sizes, report)
    del codes
    gpu.release()
    _neighbours(gpu, sizes, report)
    return report


def _row(name: str, cpu: float, gpu: float, predicted: str, target: str = "") -> Measured:
    return Measured(name, 1e3 * gpu, "ms", f"CPU, {_THREADS} threads, {cpu:.3f} s", cpu / gpu, predicted, target)


def _cut_and_count(codes: Any, labels: npt.NDArray[np.uint16], **where: Any) -> tuple[joint.Bins, joint.Information]:
    bins = joint.cut(codes, bins=_BINS, method="equal_width", **where)
    return bins, joint.mutual_information(bins.index.reshape(-1, labels.shape[1]), labels, **where)


def _information(
    gpu: Gpu, factors: npt.NDArray[Any], codes: npt.NDArray[np.float64], sizes: _Sizes, report: Report
) -> None:
    labels = np.ascontiguousarray(factors.T.astype(np.uint16))
    (bins, wanted), cpu = timed(lambda: _cut_and_count(codes, labels, threads=_THREADS))
    name = f"information, {sizes.models} models x {sizes.rows} rows x {codes.shape[2]} codes x {len(labels)} labels"
    there = gpu.put(codes)
    places = {
        name: (there, sizes.repeats, "> 100", _TARGET),
        f"{name}, from the host": (codes, min(sizes.repeats, 5), "10", ""),
    }
    for title, (given, repeats, predicted, target) in places.items():
        found_bins, found = _cut_and_count(given, labels, device="cuda")
        report.check(f"{title}: bins", found_bins.index.numpy(), bins.index)
        report.check(f"{title}: numbers of bins", found_bins.sizes, bins.sizes)
        report.check(f"{title}: information", found.plug_in, wanted.plug_in)
        report.check(f"{title}: freedom", found.freedom, wanted.freedom)
        del found_bins
        seconds = gpu.alone(lambda given=given: _cut_and_count(given, labels, device="cuda"), repeats)
        report.rows.append(_row(title, cpu, seconds, predicted, target))


def _deviations(
    gpu: Gpu, factors: npt.NDArray[Any], codes: npt.NDArray[np.float64], sizes: _Sizes, report: Report
) -> None:
    there = gpu.put(np.ascontiguousarray(codes))
    rows = np.random.default_rng(1).integers(0, sizes.rows, (sizes.votes, sizes.batch)).astype(np.int32)
    calls: dict[str, tuple[Callable[..., Any], str]] = {
        f"IRS's deviations, {len(codes)} models": (
            lambda where, **how: deviations.group_deviations(where, factors, quantile=0.99, **how),
            "50",
        ),
        f"FactorVAE's variances, {len(codes)} models, {sizes.votes} votes of {sizes.batch} rows": (
            lambda where, **how: deviations.sample_variances(where, rows, **how),
            "15",
        ),
    }
    for name, (call, predicted) in calls.items():
        _compare(gpu, name, call, codes, there, predicted, "", sizes.repeats, report)


def _neighbours(gpu: Gpu, sizes: _Sizes, report: Report) -> None:
    rng = np.random.default_rng(2)
    codes = rng.normal(size=(sizes.points, 10))
    targets = codes[:, :5] + 0.5 * rng.normal(size=(sizes.points, 5))
    for num_codes, num_targets in ((1, 1), (10, 5)):
        some, wanted = codes[:, :num_codes].copy(), targets[:, :num_targets].copy()
        _compare(
            gpu,
            f"KSG, N = {sizes.points}, k = {_NEIGHBOURS}, {num_codes} code(s) x {num_targets} target(s)",
            lambda where, to=wanted, **how: knn.mi_continuous(where, to, neighbours=_NEIGHBOURS, **how),
            some,
            gpu.put(some),
            "100",
            _TARGET,
            sizes.repeats,
            report,
        )


def _compare(
    gpu: Gpu,
    name: str,
    call: Callable[..., Any],
    codes: npt.NDArray[np.float64],
    there: Any,
    predicted: str,
    target: str,
    repeats: int,
    report: Report,
) -> None:
    wanted, cpu = timed(lambda: call(codes, threads=_THREADS))
    found = call(there, device="cuda")
    pairs = list(zip(found, wanted, strict=True)) if isinstance(wanted, tuple) else [(found, wanted)]
    for number, (one, other) in enumerate(pairs):
        report.check(f"{name}: result {number + 1}", one, other)
    seconds = gpu.alone(lambda: call(there, device="cuda"), repeats)
    report.rows.append(_row(name, cpu, seconds, predicted, target))
