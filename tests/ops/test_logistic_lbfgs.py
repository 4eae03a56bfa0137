"""The L-BFGS solver of logistic regression goes SciPy's way, and stops where it stops."""

from __future__ import annotations

import numpy as np
import pytest

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.logistic import logistic_regression


def data(classes: int, rows: int = 400, columns: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    codes = rng.normal(size=(rows, columns))
    codes[:, 0] += 2 * labels / classes
    return codes, labels


@pytest.mark.parametrize("classes", [2, 3, 11])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"balanced": True, "c": np.inf},
        {"one_vs_rest": True, "balanced": True},
        {"max_iterations": 7},
        {"value_tolerance": 1e-4},
        {"gradient_tolerance": 1.0, "value_tolerance": 0},
    ],
)
def test_the_way_of_scipy(classes: int, options: dict) -> None:
    codes, labels = data(classes)
    found, twin = (
        logistic_regression(codes, labels, solver="lbfgs", probabilities=True, device=device, **options)
        for device in ("cpu", "reference")
    )
    assert found.iterations == twin.iterations
    assert found.converged == twin.converged
    # The last bits of sums differ, and each step carries that on.
    assert found.probabilities == pytest.approx(twin.probabilities, abs=1e-7)
    assert found.weights == pytest.approx(twin.weights, abs=1e-6)
    assert found.log_loss == pytest.approx(twin.log_loss, abs=1e-10)


def test_with_tight_tolerances_it_ends_where_newton_does() -> None:
    codes, labels = data(5)
    exact = logistic_regression(codes, labels, probabilities=True)
    walked = logistic_regression(
        codes,
        labels,
        probabilities=True,
        solver="lbfgs",
        max_iterations=2000,
        gradient_tolerance=1e-9,
        value_tolerance=0,
    )
    assert walked.probabilities == pytest.approx(exact.probabilities, abs=1e-7)
    assert 10 < walked.iterations[0, 0] < 500


def test_many_classes_need_no_matrix() -> None:
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(1500) % 500)
    codes = np.stack([np.cos(labels), np.sin(labels), labels / 500, *rng.normal(size=(6, 1500))], axis=1)
    with pytest.raises(InputError, match="use solver='lbfgs'"):
        logistic_regression(codes, labels)
    found = logistic_regression(codes, labels, solver="lbfgs", max_iterations=20)
    assert found.log_loss[0, 0] < np.log(500)


def test_neither_threads_nor_instruction_set_show() -> None:
    codes, labels = data(6)
    batch = np.stack([codes, codes * 2, codes - 1])
    before = _core.cpu.path()
    results = []
    try:
        for path in _core.cpu.paths():
            _core.cpu.set_path(path)
            for threads in (1, 2, 3):
                fits = logistic_regression(batch, labels, solver="lbfgs", probabilities=True, threads=threads)
                results.append(fits.probabilities.tobytes())
    finally:
        _core.cpu.set_path(before)
    assert len(set(results)) == 1


def test_bad_arguments() -> None:
    codes, labels = data(3)
    with pytest.raises(InputError, match="solver: 'adam' is none of: newton, lbfgs"):
        logistic_regression(codes, labels, solver="adam")
    with pytest.raises(InputError, match="gradient_tolerance: must be a number above 0"):
        logistic_regression(codes, labels, solver="lbfgs", gradient_tolerance=-1)
