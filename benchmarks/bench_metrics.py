"""Disentanglement metrics: information matrices of many models on one thread, and the whole family of one model.

Predicted: counting a pair of columns is one load, one multiplication and one increment a row, 0.5 ns, and 5 us a pair
of 10,000 rows, where NumPy's bincount with the index arithmetic before it takes 25: 4 to 5 times. The whole family was
expected at 3 to 5 s on two cores, nearly all of it boosted trees.

Measured: 4.5 to 6 times for plain counts. The mean over permutations, which the baseline lacks, costs ten times the
counting (0.3 to 0.5 s for 100 models; 1.1 s before logarithms of counts came from a table). The whole family takes 1.4
to 2.4 s (dlib's settings 1.1 to 1.8 s), of which boosted trees about 1 s; the process peaks at 240 MB. A million rows
of ten codes and five factors: information 2 s, SAP, IRS and nearest neighbours 6 to 9 s, explicitness 14 to 29 s.
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

from benchmarks.table import Row, alternating
from synthkit.metrics import evaluate
from synthkit.ops import joint

__all__ = ["data", "run"]

_LEVELS = (20, 15, 10, 8, 5)
_CODES = 10
_BINS = 20
_GIGABYTE = 1e9


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time matrices and families; returns the table's title and rows."""
    rows, models, rounds = (400, 3, 1) if smoke else (10_000, 100, 5)
    factors, codes = data(rows, models)
    table = _matrices(factors, codes, rounds) + _families(factors, codes[0], rows) + _memory(rows)
    if not smoke:
        table += _many_rows()
    return f"disentanglement metrics, N = {rows}, D = {_CODES}, K = {len(_LEVELS)}", table


def data(rows: int, models: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors [rows, 5], codes [models, rows, 10], the first five with a factor in them."""
    rng = np.random.default_rng(0)
    factors = np.stack([rng.integers(0, levels, rows) for levels in _LEVELS], axis=1)
    codes = rng.normal(size=(models, rows, _CODES))
    codes[:, :, : len(_LEVELS)] += 3 * factors / np.array(_LEVELS)
    return factors, codes


def _bincount_matrix(bins: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What a NumPy user writes: one bincount a pair, of columns cut into bins already."""
    matrix = np.empty((len(bins), len(labels)))
    for k, label in enumerate(labels):
        levels = int(label.max()) + 1
        for d, column in enumerate(bins):
            p = np.bincount(column * levels + label, minlength=_BINS * levels).reshape(_BINS, levels) / len(label)
            independent = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
            held = p > 0
            matrix[d, k] = np.sum(p[held] * np.log(p[held] / independent[held]))
    return matrix


def _matrices(factors: np.ndarray, codes: np.ndarray, rounds: int) -> list[Row]:
    bins = joint.cut(codes, bins=_BINS, method="equal_width", threads=1).index
    columns, labels = bins.reshape(-1, len(factors)), np.ascontiguousarray(factors.T.astype(np.uint16))
    wide_bins, wide_labels = bins.astype(np.int64), factors.T.astype(np.int64)
    found = joint.mutual_information(columns, labels, threads=1).plug_in
    assert np.allclose(found[:_CODES], _bincount_matrix(wide_bins[0], wide_labels), atol=1e-12)
    best = alternating(
        rounds,
        native=lambda: joint.mutual_information(columns, labels, threads=1),
        expected=lambda: joint.mutual_information(columns, labels, expected=True, threads=1),
        numpy=lambda: [_bincount_matrix(model, wide_labels) for model in wide_bins],
    )
    said = f"NumPy bincount in a loop, {best['numpy']:.3f} s"
    title = f"MI matrices of {len(codes)} models, 1 thread"
    return [
        Row(title, f"{best['native']:.3f} s", said, best["numpy"] / best["native"], ">= 3"),
        Row(f"{title}, with permutation null", f"{best['expected']:.3f} s", said, best["numpy"] / best["expected"]),
    ]


def _families(factors: np.ndarray, codes: np.ndarray, rows: int) -> list[Row]:
    table = []
    for convention in ("default", "dlib"):
        started = time.perf_counter()
        found = evaluate(factors=factors, codes=codes, convention=convention)
        seconds = time.perf_counter() - started
        assert 0 < found["mig"] < 1
        target = "<= 1" if rows == 10_000 else ""
        table.append(Row(f"all of {convention}", f"{seconds:.2f} s", "10 s", seconds / 10, target))
    return table


# A process of its own, since the others' imports alone take most of a gigabyte.
# VmHWM begins anew with a process; ru_maxrss is inherited from the one that starts it.
_PEAK = """
import re
from pathlib import Path
from benchmarks.bench_metrics import data
from synthkit.metrics import evaluate
factors, codes = data({rows}, 1)
evaluate(factors=factors, codes=codes[0], metrics={metrics!r})
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024)
"""


def _memory(rows: int, metrics: str = "all", target: str = "<= 1") -> list[Row]:
    script = _PEAK.format(rows=rows, metrics=metrics)
    peak = int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)
    said = f"peak memory of a process, N = {rows:,}: {metrics}"
    return [Row(said, f"{peak / 1e6:.0f} MB", "1 GB", peak / _GIGABYTE, target)]


def _many_rows() -> list[Row]:
    """A million rows: what grows with N log N or N is practical; trees and linear models cost their multiple."""
    factors, codes = data(1_000_000, 1)
    table = []
    for names in ("mig,mig_sup,jemmig,dcimig,modularity", "sap,irs,info_mc", "explicitness", "beta_vae,factor_vae"):
        started = time.perf_counter()
        evaluate(factors=factors, codes=codes[0], metrics=names)
        seconds = time.perf_counter() - started
        table.append(Row(f"N = 1,000,000: {names}", f"{seconds:.2f} s", "a minute", seconds / 60))
    return table + _memory(1_000_000, "mig,sap,irs,info_mc", "") + _memory(1_000_000, "explicitness", "")
