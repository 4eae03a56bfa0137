"""What scores stand on, made on a GPU: the numbers of the CPU, to the last bit. Without a GPU on the emulator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import InputError, WorkError
from synthkit.ops import deviations, joint, knn
from synthkit.ops.cuda import arrays
from synthkit.ops.philox import philox4x32

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("cuda")]


class Borrowed:
    """An array of another library."""

    def __init__(self, array, **changes):
        self.array, self.changes = array, changes

    @property
    def __cuda_array_interface__(self):
        return {**self.array.__cuda_array_interface__, **self.changes}


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def there(values):
    return Borrowed(arrays.to_device(np.ascontiguousarray(values), 0, 0))


def codes_of(kind, rows=400):
    codes = draw(3, rows, 4)
    if kind == "ties":
        codes = np.round(codes, 1)
    elif kind == "scales":
        codes *= np.array([1e-12, 1.0, 1e9, 1e-3])
    elif kind == "constant":
        codes[1, :, 2] = 7.0
    elif kind == "heavy tails":
        codes = codes**9
    return codes


KINDS = ["plain", "ties", "scales", "constant", "heavy tails"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", joint.METHODS)
@pytest.mark.parametrize("bins", [1, 7, 20, 300])
def test_bins(kind, method, bins):
    codes = codes_of(kind)
    cpu = joint.cut(codes, bins=bins, method=method)
    for given_codes in (codes, there(codes)):
        gpu = joint.cut(given_codes, bins=bins, method=method, device="cuda")
        np.testing.assert_array_equal(gpu.index.numpy(), cpu.index, strict=True)
        np.testing.assert_array_equal(gpu.sizes, cpu.sizes, strict=True)


@pytest.mark.parametrize("rows", [1, 2, 300])
@pytest.mark.parametrize(("a_size", "b_size"), [(1, 1), (20, 5), (256, 200), (3000, 40)])
@pytest.mark.parametrize("expected", [False, True])
def test_information(rows, a_size, b_size, expected):
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, a_size, (5, rows)), rng.integers(0, b_size, (2, rows))
    cpu = joint.mutual_information(a, b, expected=expected)
    gpu = joint.mutual_information(a, b, expected=expected, device="cuda")
    for name in ("plug_in", "expected", "freedom"):
        np.testing.assert_array_equal(getattr(gpu, name), getattr(cpu, name), strict=True)
    np.testing.assert_array_equal(joint.joint_counts(a[0], b[0], device="cuda"), joint.joint_counts(a[0], b[0]))


def test_bins_stay_where_they_were_cut():
    codes, labels = draw(2, 500, 3), np.random.default_rng(1).integers(0, 6, (2, 500))
    cpu = joint.mutual_information(joint.cut(codes, bins=9, method="equal_width").index.reshape(-1, 500), labels)
    index = joint.cut(codes, bins=9, method="equal_width", device="cuda").index
    gpu = joint.mutual_information(index.reshape(-1, 500), labels, device="cuda")
    np.testing.assert_array_equal(gpu.plug_in, cpu.plug_in, strict=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("neighbours", [1, 3, 10, 50])
def test_neighbours(kind, neighbours):
    codes, targets = codes_of(kind, 150), codes_of(kind, 150)[0, :, :2] + draw(150, 2, seed=5)
    labels = np.random.default_rng(2).integers(0, 5, (150, 2))
    for arguments in ((knn.mi_continuous, targets), (knn.mi_discrete, labels)):
        function, second = arguments
        cpu = function(codes, second, neighbours=neighbours, clip=False)
        for given_codes in (codes, there(codes)):
            gpu = function(given_codes, second, neighbours=neighbours, clip=False, device="cuda")
            np.testing.assert_array_equal(gpu, cpu, strict=True)


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(0, 2)), min_size=4, max_size=40),
    neighbours=st.integers(1, 3),
)
def test_neighbours_of_few_tied_values(values, neighbours):
    table = np.array(values, float)
    codes, targets, labels = table[:, :1], table[:, 1:2], table[:, 2:].astype(int)
    np.testing.assert_array_equal(
        knn.mi_continuous(codes, targets, neighbours=neighbours, device="cuda"),
        knn.mi_continuous(codes, targets, neighbours=neighbours),
    )
    np.testing.assert_array_equal(
        knn.mi_discrete(codes, labels, neighbours=neighbours, device="cuda"),
        knn.mi_discrete(codes, labels, neighbours=neighbours),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_noise_that_breaks_ties(kind):
    codes = codes_of(kind)
    for batch in (codes, codes[0]):
        cpu = knn.break_ties(batch, key=7, stream=3)
        for given_codes in (batch, there(batch)):
            gpu = knn.break_ties(given_codes, key=7, stream=3, device="cuda")
            np.testing.assert_array_equal(gpu.numpy(), cpu, strict=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quantile", [0.0, 0.5, 0.99, 1.0])
def test_deviations(kind, quantile):
    codes = codes_of(kind)
    labels = np.random.default_rng(4).integers(0, 9, (400, 2))
    cpu = deviations.group_deviations(codes, labels, quantile=quantile)
    for given_codes in (codes, there(codes)):
        gpu = deviations.group_deviations(given_codes, labels, quantile=quantile, device="cuda")
        for one, other in zip(gpu, cpu, strict=True):
            np.testing.assert_array_equal(one, other, strict=True)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_of_rows(kind):
    codes = codes_of(kind)
    first, second = np.random.default_rng(6).integers(0, 400, (2, 33, 8))
    for function, rows in ((deviations.sample_variances, (first,)), (deviations.pair_distances, (first, second))):
        cpu = function(codes, *rows)
        for given_codes in (codes, there(codes)):
            np.testing.assert_array_equal(function(given_codes, *rows, device="cuda"), cpu, strict=True)


def test_random_words():
    counters = np.random.default_rng(8).integers(0, 2**32, (1000, 4), dtype=np.uint32)
    key = np.array([0xDEADBEEF, 7], np.uint32)
    wanted = philox4x32(counters, key)
    for array in (counters, there(counters)):
        np.testing.assert_array_equal(philox4x32(array, key, device="cuda").numpy(), wanted, strict=True)
    assert philox4x32(counters[:0], key, device="cuda").shape == (0, 4)
    with pytest.raises(InputError, match=r"counters: must be uint32 \[n, 4\] without gaps, not int32 \[1000, 4\]"):
        philox4x32(there(counters.astype(np.int32)), key, device="cuda")


def test_one_model_without_a_batch():
    codes = draw(100, 3)
    for array in (codes, there(codes)):
        assert joint.cut(array, bins=4, method="quantile", device="cuda").index.shape == (1, 3, 100)
        assert knn.mi_continuous(array, codes, device="cuda").shape == (1, 3, 3)


WRONG = {
    "float32": (lambda: there(draw(5, 3).astype(np.float32)), "codes: must be float64 on a GPU, not float32"),
    "axes": (lambda: there(draw(5)), r"codes: must be \[N, D\] or \[B, N, D\] and not empty, not \[5\]"),
    "empty": (lambda: there(np.zeros((0, 3))), r"and not empty, not \[0, 3\]"),
    "gaps": (lambda: Borrowed(there(draw(6, 4)).array, shape=(3, 4), strides=(64, 8)), "codes: must lie in C order"),
    "nan": (
        lambda: there(np.where(np.arange(12).reshape(4, 3) == 7, np.nan, 1.0)),
        "codes: not finite at row 2, code 1",
    ),
    "infinity": (
        lambda: there(np.where(np.arange(24).reshape(2, 4, 3) == 13, np.inf, 1.0)),
        "codes: not finite at model 1, row 0, code 1",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_codes_that_cannot_be_scored(case):
    make, message = WRONG[case]
    codes = make()
    with pytest.raises(InputError, match=message):
        joint.cut(codes, bins=3, method="quantile", device="cuda")


def test_columns_that_are_none():
    labels = np.zeros((1, 5), int)
    with pytest.raises(InputError, match=r"codes: must be uint16 \[M, N\] on a GPU, not float64 \[5, 3\]"):
        joint.mutual_information(there(draw(5, 3)), labels, device="cuda")
    with pytest.raises(InputError, match="labels: must have as many rows as codes, 4, not 5"):
        joint.mutual_information(there(np.zeros((1, 4), np.uint16)), labels, device="cuda")


def test_codes_of_the_host_are_checked_there():
    with pytest.raises(InputError, match="codes: nan at row 0, code 0"):
        joint.cut([[np.nan]], bins=3, method="quantile", device="cuda")


def test_a_gpu_that_has_not_the_memory_for_all_models(cuda):
    if not hasattr(cuda, "emulator"):
        pytest.skip("needs a GPU that is full")
    codes, labels = draw(16, 300, 4), np.random.default_rng(0).integers(0, 4, (300, 1))
    cpu = deviations.group_deviations(codes, labels, quantile=0.5)
    cuda.emulator.set_memory(cuda.emulator.in_use() + codes.nbytes + 20_000)
    with pytest.warns(UserWarning, match=r"the GPU has not the memory for 16 at once; took \d+ at a time"):
        gpu = deviations.group_deviations(codes, labels, quantile=0.5, device="cuda")
    for one, other in zip(gpu, cpu, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)
    cuda.emulator.set_memory(cuda.emulator.in_use() + 1000)
    with pytest.raises(WorkError, match="not enough free memory"):
        deviations.group_deviations(codes, labels, quantile=0.5, device="cuda")
