"""Nearest-neighbour mutual information on one thread, against scikit-learn.

Predicted: the discrete estimator is a sort of each code, shared by all factors, and a walk with a few mispredicted
branches a point, 40 ns: 0.5 ms a pair of 10,000 rows, where scikit-learn builds k-d trees for 40 ms: 60 to 100 times.
The continuous one needs a tree in the plane here as well: 100 ns a point to build it, 200 to look for neighbours, 80 to
count: 4 ms, 10 to 15 times.

Measured: discrete 0.52 ms a pair, 60 to 70 times. Continuous 5.7 ms, 7.9 to 8.8 times: the hoped-for 10 is missed. Of
the 5.7, the search takes 3.5, the tree 1.1, the counts 0.6, sorting 0.5. The search was twice as slow before absolute
values, the rows of nearest distances and the tests of boxes were written without branches; leaves of 8 to 24, AVX2,
a test of the leaf's own box first, and collecting near points before sorting them in gained at most a tenth and were
left out. A pair of a million rows: 0.2 s and 0.9 s.
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from benchmarks.table import Row, alternating
from synthkit.ops import knn

__all__ = ["run"]

_K = 10
_CODES, _FACTORS = 10, 5
# The continuous estimator is timed on fewer pairs: five codes and two targets.
_SOME, _TARGETS = 5, 2
_LEVELS = (5, 4, 4, 3, 3)


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time both estimators; returns the table's title and rows."""
    rows_count, rounds = (300, 1) if smoke else (10_000, 3)
    codes, labels, targets = _data(rows_count)
    some = codes[:, :_SOME].copy()
    _check(codes, labels, targets)
    best = alternating(
        rounds,
        discrete=lambda: knn.mi_discrete(codes, labels, neighbours=_K, threads=1),
        classif=lambda: _classif(codes, labels),
        continuous=lambda: knn.mi_continuous(some, targets, neighbours=_K, threads=1),
        regression=lambda: _regression(some, targets),
    )
    rows = [
        _row(
            "discrete, 50 pairs", _CODES * _FACTORS, best["discrete"], "mutual_info_classif", best["classif"], ">= 10"
        ),
        _row(
            "continuous, 10 pairs", _SOME * _TARGETS, best["continuous"], "mutual_info_regression", best["regression"]
        ),
    ]
    return f"nearest-neighbour MI, N = {rows_count}, k = {_K}, 1 thread", rows + ([] if smoke else _million())


def _data(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes of unit variance [N, 10], the first five with a factor in them; factors [N, 5]; targets [N, 2]."""
    rng = np.random.default_rng(0)
    labels = np.stack([rng.integers(0, levels, rows) for levels in _LEVELS], axis=1)
    codes = rng.normal(size=(rows, _CODES))
    codes[:, :_FACTORS] += labels
    targets = codes[:, :_TARGETS] + 0.5 * rng.normal(size=(rows, _TARGETS))
    return codes / codes.std(axis=0), labels, targets / targets.std(axis=0)


def _classif(codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.stack([mutual_info_classif(codes, label, n_neighbors=_K, random_state=0) for label in labels.T])


def _regression(codes: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.stack([mutual_info_regression(codes, t, n_neighbors=_K, random_state=0) for t in targets.T])


def _check(codes: np.ndarray, labels: np.ndarray, targets: np.ndarray) -> None:
    """What is timed is right: the same numbers, but for scikit-learn's noise of 1e-10."""
    codes, labels, targets = codes[:2000], labels[:2000], targets[:2000]
    codes, targets = codes / codes.std(axis=0), targets / targets.std(axis=0)
    found = knn.mi_discrete(codes, labels, neighbours=_K, threads=1)[0]
    assert np.max(np.abs(found - _classif(codes, labels))) < 1e-5
    found = knn.mi_continuous(codes, targets, neighbours=_K, threads=1)[0]
    assert np.max(np.abs(found - _regression(codes, targets))) < 1e-5


def _row(what: str, pairs: int, ours: float, baseline: str, theirs: float, target: str = "") -> Row:
    return Row(
        what,
        f"{ours / pairs * 1e3:.2f} ms a pair",
        f"{baseline}, {theirs / pairs * 1e3:.1f} ms",
        theirs / ours,
        target,
    )


def _million() -> list[Row]:
    """A pair of a million rows; as a multiple of a hundred pairs of ten thousand it shows how the time grows."""
    codes, labels, targets = _data(1_000_000)
    code, label = codes[:, :1].copy(), labels[:, :1].copy()
    small = slice(0, 10_000)
    out = []
    for what, function, other in (
        ("discrete", knn.mi_discrete, label),
        ("continuous", knn.mi_continuous, targets[:, :1].copy()),
    ):
        started = time.perf_counter()
        function(code, other, neighbours=_K, threads=1)
        seconds = time.perf_counter() - started
        best = alternating(3, few=lambda f=function, o=other: f(code[small], o[small], neighbours=_K, threads=1))
        out.append(Row(f"{what}, N = 1e6, a pair", f"{seconds:.2f} s", "100 x N = 1e4", seconds / best["few"] / 100))
    return out
