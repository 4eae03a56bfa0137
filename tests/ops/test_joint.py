"""Bins, joint histograms, mutual information."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from synthkit.errors import InputError
from synthkit.ops import joint

DEVICES = ["cpu", "reference"]


def _codes(rows: int = 500, columns: int = 4, models: int = 3, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    codes = rng.normal(size=(models, rows, columns))
    codes[0, :, 1] = np.round(codes[0, :, 1] * 4)  # ties
    codes[-1, :, 2] = 3.5  # dead
    return codes


@pytest.mark.parametrize("device", DEVICES)
def test_equal_width_by_hand(device: str) -> None:
    # 0..10 in five bins of width 2: edges 2, 4, 6, 8; a value at an edge belongs above, the maximum to the last bin.
    values = np.array([[0.0], [1.999], [2.0], [5.0], [8.0], [10.0]])
    bins = joint.cut(values, bins=5, method="equal_width", device=device)
    assert bins.index[0, 0].tolist() == [0, 0, 1, 2, 4, 4]
    assert bins.sizes.tolist() == [[5]]


@pytest.mark.parametrize("device", DEVICES)
def test_quantile_edges_stand_in_the_gap(device: str) -> None:
    # Twelve values, two bins: rank 6 +- 3 may be cut; the widest gap there is between the 4th and the 5th value, not
    # between the 6th and the 7th, where the plain median would part a cluster.
    values = np.array([0.0, 0.1, 0.2, 0.3, 5.0, 5.1, 5.2, 5.3, 5.4, 5.5, 5.6, 5.7])[:, None]
    bins = joint.cut(values, bins=2, method="quantile", device=device)
    assert bins.index[0, 0].tolist() == [0] * 4 + [1] * 8


@pytest.mark.parametrize("device", DEVICES)
def test_few_distinct_values_are_their_own_bins(device: str) -> None:
    values = np.array([3.0, -1.0, 3.0, 7.5, -1.0, 7.5, 7.5])[:, None]
    bins = joint.cut(values, bins=20, method="quantile", device=device)
    assert bins.index[0, 0].tolist() == [1, 0, 1, 2, 0, 2, 2]
    assert bins.sizes.tolist() == [[3]]


@pytest.mark.parametrize("method", joint.METHODS)
@pytest.mark.parametrize("bins", [1, 2, 7, 20, 41, 100, 300])
def test_bins_equal_the_twin(method: str, bins: int) -> None:
    found, twin = (joint.cut(_codes(), bins=bins, method=method, device=device) for device in DEVICES)
    assert np.array_equal(found.index, twin.index)
    assert np.array_equal(found.sizes, twin.sizes)


def test_equal_width_is_numpy_histogram_and_digitize() -> None:
    # The way of disentanglement_lib.
    codes = _codes(2000, 6, 1, seed=3)
    codes[0, :, 3] *= 1e-7
    codes[0, :, 4] += 1e6
    found = joint.cut(codes, bins=20, method="equal_width").index[0]
    for d in (0, 1, 3, 4, 5):  # numpy puts a constant code in a bin of its own number
        edges = np.histogram(codes[0, :, d], 20)[1][:-1]
        assert np.array_equal(found[d], np.digitize(codes[0, :, d], edges) - 1)


def test_one_far_outlier_leaves_quantile_bins_alone() -> None:
    values = np.append(np.random.default_rng(1).normal(size=9999), 1000.0)[:, None]
    wide = joint.cut(values, bins=20, method="equal_width").index
    even = joint.cut(values, bins=20, method="quantile").index
    assert len(np.unique(wide)) == 2
    assert np.bincount(even[0, 0]).min() == 500


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-10, 10)), st.integers(1, 30))
def test_quantile_bins_keep_the_order_and_never_part_equals(values: np.ndarray, bins: int) -> None:
    found = joint.cut(values[:, None], bins=bins, method="quantile")
    index = found.index[0, 0]
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(index[order].astype(int)) >= 0)
    assert all(len(set(index[values == v].tolist())) == 1 for v in values)
    assert index.max() == found.sizes[0, 0] - 1 < bins
    twin = joint.cut(values[:, None], bins=bins, method="quantile", device="reference")
    assert np.array_equal(index, twin.index[0, 0])


@pytest.mark.parametrize("device", DEVICES)
def test_counts_by_hand(device: str) -> None:
    table = joint.joint_counts([0, 0, 1, 2, 2, 2], [1, 1, 0, 1, 0, 1], device=device)
    assert table.tolist() == [[0, 2], [1, 0], [1, 2]]


@pytest.mark.parametrize("rows", [1, 3, 4, 5, 2047, 2048, 2049, 10_000])
@pytest.mark.parametrize("sizes", [(2, 3), (20, 20), (60, 50)])
def test_counts_are_exact(rows: int, sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(rows)
    a, b = (rng.integers(0, size, rows) for size in sizes)
    expected = np.zeros((a.max() + 1, b.max() + 1), int)
    np.add.at(expected, (a, b), 1)
    assert np.array_equal(joint.joint_counts(a, b), expected)


@pytest.mark.parametrize("device", DEVICES)
def test_information_by_hand(device: str) -> None:
    # Rows (0,0) (0,0) (1,1) (1,0): p(0,0) = 1/2, p(1,0) = p(1,1) = 1/4; p(c) = 1/2, 1/2; p(v) = 3/4, 1/4.
    # I = 1/2 ln [(1/2) / (3/8)] + 1/4 ln [(1/4) / (3/8)] + 1/4 ln [(1/4) / (1/8)]
    #   = 1/2 ln 4/3 + 1/4 ln 2/3 + 1/4 ln 2.
    # Permuted, the single v = 1 falls on c = 0 or c = 1, both alike: the mean over permutations is the same number.
    found = joint.mutual_information([[0, 0, 1, 1]], [[0, 0, 1, 0]], expected=True, device=device)
    by_hand = math.log(4 / 3) / 2 + math.log(2 / 3) / 4 + math.log(2) / 4
    assert found.plug_in[0, 0] == pytest.approx(by_hand, abs=1e-15)
    assert found.expected[0, 0] == pytest.approx(by_hand, abs=1e-14)
    assert found.freedom.tolist() == [[3 - 2 - 2 + 1]]


@pytest.mark.parametrize("device", DEVICES)
def test_equal_columns_hold_their_entropy(device: str) -> None:
    column = np.repeat([0, 1, 2, 3], [1, 2, 3, 4])
    entropy = -sum(p * math.log(p) for p in (0.1, 0.2, 0.3, 0.4))
    assert joint.mutual_information(column, column, device=device).plug_in[0, 0] == pytest.approx(entropy, abs=1e-14)


def test_a_dead_code_tells_exactly_nothing() -> None:
    labels = np.random.default_rng(0).integers(0, 7, (2, 997))
    found = joint.mutual_information(np.zeros((1, 997), int), labels, expected=True)
    assert found.plug_in.tolist() == [[0.0, 0.0]]
    assert found.expected == pytest.approx(0, abs=1e-15)
    assert found.freedom.tolist() == [[0, 0]]


def test_information_equals_twin_and_scikit_learn() -> None:
    rng = np.random.default_rng(5)
    codes = np.array([rng.integers(0, size, 300) for size in (2, 9, 20)])
    labels = np.array([rng.integers(0, 5, 300), codes[1] // 3])
    found, twin = (joint.mutual_information(codes, labels, expected=True, device=device) for device in DEVICES)
    assert found.plug_in == pytest.approx(twin.plug_in, abs=1e-13)
    assert found.expected == pytest.approx(twin.expected, abs=1e-11)
    assert np.array_equal(found.freedom, twin.freedom)
    for m, code in enumerate(codes):
        for k, label in enumerate(labels):
            assert found.plug_in[m, k] == pytest.approx(mutual_info_score(label, code), abs=1e-13)
            table = contingency_matrix(label, code, sparse=True)
            assert found.expected[m, k] == pytest.approx(expected_mutual_information(table, 300), abs=1e-11)


def test_the_mean_over_permutations_is_what_shuffling_gives() -> None:
    rng = np.random.default_rng(6)
    code, label = rng.integers(0, 20, 200), rng.integers(0, 20, 200)
    shuffled = np.array([rng.permutation(code) for _ in range(2000)])
    found = joint.mutual_information(shuffled, label[None], expected=True)
    error = found.plug_in.std() / math.sqrt(len(shuffled))
    assert abs(found.plug_in.mean() - found.expected[0, 0]) < 4 * error
    assert np.ptp(found.expected) < 1e-12


def test_expected_is_half_the_freedom_a_row_for_many_rows() -> None:
    rng = np.random.default_rng(7)
    code, label = rng.integers(0, 10, 1_000_000), rng.integers(0, 5, 1_000_000)
    found = joint.mutual_information(code, label, expected=True)
    assert found.expected[0, 0] == pytest.approx(9 * 4 / 2e6, rel=1e-3)


@given(st.data())
def test_information_is_symmetric_and_bounded(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 50))
    a, b = (np.array(data.draw(st.lists(st.integers(0, 6), min_size=rows, max_size=rows))) for _ in range(2))
    one, other = joint.mutual_information(a, b, expected=True), joint.mutual_information(b, a, expected=True)
    own = joint.mutual_information(a, a)
    assert one.plug_in[0, 0] == pytest.approx(other.plug_in[0, 0], abs=1e-13)
    assert one.expected[0, 0] == pytest.approx(other.expected[0, 0], abs=1e-13)
    assert 0 <= one.plug_in[0, 0] <= own.plug_in[0, 0] + 1e-13


@pytest.mark.parametrize("threads", [2, 3, 7, 100])
def test_threads_do_not_show(threads: int) -> None:
    codes = _codes(3000, 5, 4)
    one = joint.cut(codes, bins=20, method="quantile", threads=1)
    many = joint.cut(codes, bins=20, method="quantile", threads=threads)
    assert np.array_equal(one.index, many.index)
    labels = one.index[0]
    first = joint.mutual_information(one.index.reshape(20, -1), labels, expected=True, threads=1)
    second = joint.mutual_information(one.index.reshape(20, -1), labels, expected=True, threads=threads)
    assert first.plug_in.tobytes() == second.plug_in.tobytes()
    assert first.expected.tobytes() == second.expected.tobytes()


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros((0, 3)), "not empty"),
        (np.zeros(5), r"\[N, D\]"),
        (np.array([[1.0, 2.0], [np.nan, 0.0]]), "nan at row 1, code 0"),
        (np.array([[[1.0, 2.0], [3.0, np.inf]]]), "inf at model 0, row 1, code 1"),
        (np.array([["a"]]), "real numbers"),
        (np.zeros((2, 2), complex), "real numbers"),
    ],
)
def test_bad_codes(codes: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        joint.cut(codes, bins=20, method="quantile")


def test_large_finite_codes_are_let_through() -> None:
    codes = np.array([[1e308], [1e308], [-1e308]])
    assert joint.cut(codes, bins=2, method="quantile").index.tolist() == [[[1, 1, 0]]]


def test_bad_arguments() -> None:
    codes = np.zeros((5, 2))
    with pytest.raises(InputError, match=r"bins: .* 1 to 65536"):
        joint.cut(codes, bins=0, method="quantile")
    with pytest.raises(InputError, match="method: 'even' is none of: equal_width, quantile"):
        joint.cut(codes, bins=3, method="even")
    with pytest.raises(InputError, match="device: 'tpu'"):
        joint.cut(codes, bins=3, method="quantile", device="tpu")
    with pytest.raises(InputError, match="labels: must have as many rows"):
        joint.mutual_information([[1, 2]], [[1, 2, 3]])
    with pytest.raises(InputError, match="codes: must be from 0 to 65535, not -1 to 2"):
        joint.mutual_information([[-1, 2]], [[1, 2]])
    with pytest.raises(InputError, match="whole numbers"):
        joint.mutual_information([[0.5, 2]], [[1, 2]])
    with pytest.raises(InputError, match="threads"):
        joint.mutual_information([[1, 2]], [[1, 2]], threads=0)
