"""Deviations within groups, variances and distances of samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.ops import deviations

DEVICES = ["cpu", "reference"]


@pytest.mark.parametrize("device", DEVICES)
def test_groups_by_hand(device: str) -> None:
    # Codes 0 2 | 10 14, mean 6.5: the largest deviation is 7.5. Within: means 1 and 12, deviations 1 1 and 2 2: mean of
    # the two quantiles (1 + 2) / 2, whichever quantile.
    codes = np.array([[0.0], [10.0], [2.0], [14.0]])
    largest, within = deviations.group_deviations(codes, [7, -3, 7, -3], quantile=0.5, device=device)
    assert largest.tolist() == [[7.5]]
    assert within.tolist() == [[[1.5]]]


@pytest.mark.parametrize("device", DEVICES)
def test_the_quantile_is_linear_between_neighbours(device: str) -> None:
    # One group -6 0 1 2 3, mean 0: deviations 0 1 2 3 6; the 0.9 quantile lies at 0.9 * 4 = 3.6: 3 + 0.6 * 3 = 4.8.
    codes = np.array([[-6.0], [0.0], [1.0], [2.0], [3.0]])
    _, within = deviations.group_deviations(codes, np.zeros(5, int), quantile=0.9, device=device)
    assert within[0, 0, 0] == pytest.approx(4.8, abs=1e-14)


@pytest.mark.parametrize("quantile", [0.0, 0.3, 0.99, 1.0])
def test_groups_equal_the_twin(quantile: float) -> None:
    rng = np.random.default_rng(0)
    codes, labels = rng.normal(size=(3, 400, 5)), np.stack([rng.integers(0, n, 400) for n in (2, 7, 90)], axis=1)
    found, twin = (deviations.group_deviations(codes, labels, quantile=quantile, device=d) for d in DEVICES)
    for one, other in zip(found, twin, strict=True):
        assert one == pytest.approx(other, abs=1e-12)


@pytest.mark.parametrize("device", DEVICES)
def test_samples_by_hand(device: str) -> None:
    # Rows 0, 1, 3 of 1 3 100 8: mean 4, variance (9 + 1 + 16) / 2 = 13. Pairs (0, 1), (3, 3): (2 + 0) / 2 = 1.
    codes = np.array([[1.0], [3.0], [100.0], [8.0]])
    assert deviations.sample_variances(codes, [[0, 1, 3]], device=device).tolist() == [[[13.0]]]
    assert deviations.pair_distances(codes, [[0, 3]], [[1, 3]], device=device).tolist() == [[[1.0]]]


def test_samples_equal_the_twin() -> None:
    rng = np.random.default_rng(1)
    codes, rows = rng.normal(size=(2, 300, 4)), rng.integers(0, 300, (700, 9))
    for call in (deviations.sample_variances, lambda c, r, **k: deviations.pair_distances(c, r, r[::-1], **k)):
        assert call(codes, rows) == pytest.approx(call(codes, rows, device="reference"), abs=1e-13)


@given(st.integers(1, 40), st.integers(1, 5), st.floats(0, 1))
def test_no_group_strays_further_than_its_range(rows: int, levels: int, quantile: float) -> None:
    rng = np.random.default_rng(rows * 10 + levels)
    codes, labels = rng.normal(size=(rows, 2)), rng.integers(0, levels, rows)
    largest, within = deviations.group_deviations(codes, labels, quantile=quantile)
    assert np.all(within[0, 0] <= np.ptp(codes, axis=0) + 1e-12)
    alone, _ = deviations.group_deviations(codes, np.zeros(rows, int), quantile=1.0)
    assert largest.tobytes() == alone.tobytes()


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_do_not_show(threads: int) -> None:
    rng = np.random.default_rng(2)
    codes, labels, rows = rng.normal(size=(2, 500, 3)), rng.integers(0, 5, (500, 2)), rng.integers(0, 500, (600, 8))
    calls = [
        lambda n: deviations.group_deviations(codes, labels, quantile=0.99, threads=n)[1],
        lambda n: deviations.sample_variances(codes, rows, threads=n),
        lambda n: deviations.pair_distances(codes, rows, rows[:, ::-1], threads=n),
    ]
    for call in calls:
        assert call(1).tobytes() == call(threads).tobytes()


def test_bad_arguments() -> None:
    codes = np.zeros((5, 2))
    with pytest.raises(InputError, match="labels: must be integers"):
        deviations.group_deviations(codes, np.zeros(5), quantile=0.5)
    with pytest.raises(InputError, match=r"labels: must be \[5\] or \[5, K\]"):
        deviations.group_deviations(codes, [0, 1], quantile=0.5)
    with pytest.raises(InputError, match="quantile: must be from 0 to 1"):
        deviations.group_deviations(codes, [0] * 5, quantile=99)
    with pytest.raises(InputError, match="rows: must be from 0 to 4, not 0 to 5"):
        deviations.sample_variances(codes, [[0, 5]])
    with pytest.raises(InputError, match="S >= 2"):
        deviations.sample_variances(codes, [[0]])
    with pytest.raises(InputError, match="second: must be"):
        deviations.pair_distances(codes, [[0, 1]], [[0]])
