"""Nearest-neighbour mutual information: hand-worked tables, scikit-learn, the twin, and what must always hold."""

from functools import partial
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import _mutual_info as sklearn_mi

from synthkit.errors import InputError
from synthkit.ops import knn

# psi(n) + gamma = H(n - 1); gamma cancels in both estimates, as psi is added twice and taken away twice.
H = [0.0, *np.cumsum(1 / np.arange(1, 20))]


def psi(n):
    return H[n - 1]


def column(*numbers):
    return np.array(numbers, float)[:, None]


@pytest.fixture
def exact_search(monkeypatch):
    """scikit-learn without its brute force for k >= n / 2, whose radii come from rounded squares."""
    monkeypatch.setattr(
        sklearn_mi, "NearestNeighbors", partial(sklearn_mi.NearestNeighbors, algorithm="kd_tree"), raising=True
    )


# Ross, k = 1. Labels a a a b b b c, the only c is left out, n = 6.
#   a: 0 1 3, b: 2 6 7, c: 0.5
#   point     0  1  3  2  6  7
#   nearest   1  1  2  4  1  1     of the same label; the radius is just below
#   in it     0  1  2,3 0..3 6 7   0 is 2 from 2: inside of 4; 6 is 4 from 2: not inside
#   m         1  1  2  4  1  1     3: 1 is 2 away: not inside of 2, 2 is; 2: 0, 1, 2, 3
# mi = psi(6) + psi(1) - psi(3) - (4 psi(1) + psi(2) + psi(4)) / 6
ROSS_CODES = column(0, 1, 3, 2, 6, 7, 0.5)
ROSS_LABELS = np.array([[5], [5], [5], [-2], [-2], [-2], [9]])
ROSS_MI = psi(6) + psi(1) - psi(3) - (4 * psi(1) + psi(2) + psi(4)) / 6

# Ross, k = 5 of labels with 2 and 4 points: k = 1 and 3. a: 0 4, b: 1 2 4 9, n = 6.
#   point     0(a) 4(a) 1  2  4(b) 9
#   radius    4    4    8  7  5    8   to the 1st, to the 3rd of its label
#   in it     0 1 2; 1 2 4 4; all but 9; all but 9: 7 away; 0 1 2 4 4: 9 is 5 away; 9 4 4 2: 1 is 8 away
#   m         3    4    5  5  5    4   4(a): 0 is just left out
# mi = psi(6) + (2 psi(1) + 4 psi(3)) / 6 - (2 psi(2) + 4 psi(4)) / 6 - (psi(3) + 2 psi(4) + 3 psi(5)) / 6
CAPPED_CODES = column(0, 4, 1, 2, 4, 9)
CAPPED_LABELS = np.array([[0], [0], [1], [1], [1], [1]])
CAPPED_MI = (
    psi(6) + (2 * psi(1) + 4 * psi(3)) / 6 - (2 * psi(2) + 4 * psi(4)) / 6 - (psi(3) + 2 * psi(4) + 3 * psi(5)) / 6
)

# Kraskov, k = 2.
#   point     (0,0) (1,3) (2,1) (4,5) (5,4) (8,7)
#   distances from (0,0): 3 2 5 5 8            -> 3     x: 0 1 2 -> 3   y: 0 1 -> 2 (3 is left out)
#             from (1,3): 3 2 3 4 7            -> 3     x: 0 1 2 -> 3 (4 is 3 away)   y: 3 1 5 4 -> 4
#             from (2,1): 2 2 4 3 6            -> 2     x: 1 2 -> 2   y: 0 1 -> 2
#             from (4,5): 5 3 4 1 4            -> 3     x: 2 4 5 -> 3   y: 3 5 4 7 -> 4
#             from (5,4): 5 4 3 1 3            -> 3     x: 4 5 -> 2   y: 3 5 4 -> 3 (1 and 7 are 3 away)
#             from (8,7): 8 7 6 4 3            -> 4     x: 5 8 -> 2   y: 5 4 7 -> 3
# mi = psi(6) + psi(2) - (3 psi(3) + 3 psi(2)) / 6 - (2 psi(2) + 2 psi(4) + 2 psi(3)) / 6
KRASKOV_X = column(0, 1, 2, 4, 5, 8)
KRASKOV_Y = column(0, 3, 1, 5, 4, 7)
KRASKOV_MI = psi(6) + psi(2) - (3 * psi(3) + 3 * psi(2)) / 6 - (2 * psi(2) + 2 * psi(4) + 2 * psi(3)) / 6

DEVICES = pytest.mark.parametrize("device", ["cpu", "reference"])


@DEVICES
@pytest.mark.parametrize(
    ("codes", "labels", "k", "mi"),
    [(ROSS_CODES, ROSS_LABELS, 1, ROSS_MI), (CAPPED_CODES, CAPPED_LABELS, 5, CAPPED_MI)],
)
def test_discrete_by_hand(device, codes, labels, k, mi):
    found = knn.mi_discrete(codes, labels, neighbours=k, clip=False, device=device)
    assert found.shape == (1, 1, 1)
    assert found[0, 0, 0] == pytest.approx(mi, abs=1e-14)
    assert abs(mi) > 0.01


@DEVICES
def test_continuous_by_hand(device):
    found = knn.mi_continuous(KRASKOV_X, KRASKOV_Y, neighbours=2, clip=False, device=device)
    assert found[0, 0, 0] == pytest.approx(KRASKOV_MI, abs=1e-14)
    assert abs(KRASKOV_MI) > 0.01


def discrete_cases():
    """Name, code, label, k."""
    rng = np.random.default_rng(5)
    x, label = rng.normal(size=600), rng.integers(0, 4, 600)
    yield "independent", x, label, 10
    yield "dependent", x + label, label, 3
    yield "k = 1", x, label, 1
    yield "many labels", x, rng.integers(0, 60, 600), 3
    yield "unequal labels", x, np.minimum(rng.geometric(0.5, 600), 5), 3
    yield "labels of 1", x, np.concatenate([np.arange(20), rng.integers(30, 33, 580)]), 5
    yield "few values", rng.integers(0, 5, 600).astype(float), label, 10
    yield "some ties", np.round(x, 1), label, 3
    yield "constant", np.ones(600), label, 3
    yield "one label", x, np.zeros(600, int), 7
    yield "half constant", np.where(label > 1, x, 0.5), label, 10
    yield "far and near", np.where(label == 0, 1e9 * x, 1e-9 * x), label, 10
    yield "k above the counts", rng.permutation(600) / 16.0, rng.integers(0, 100, 600), 10
    yield "k above all counts", rng.integers(0, 40, 24) / 4.0, np.repeat(np.arange(6), 4), 50
    yield "two points", np.array([0.0, 3.0]), np.zeros(2, int), 3


@pytest.mark.parametrize(("code", "label", "k"), [pytest.param(*c[1:], id=c[0]) for c in discrete_cases()])
def test_discrete_is_sklearns(exact_search, code, label, k):
    found = knn.mi_discrete(code[:, None], label[:, None], neighbours=k)[0, 0, 0]
    assert found == pytest.approx(sklearn_mi._compute_mi_cd(code, label, k), abs=1e-12)
    twin = knn.mi_discrete(code[:, None], label[:, None], neighbours=k, clip=False, device="reference")
    assert knn.mi_discrete(code[:, None], label[:, None], neighbours=k, clip=False).tobytes() == twin.tobytes()


def continuous_cases():
    """Name, code, target, k."""
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(2, 700))
    levels = rng.integers(0, 4, 700).astype(float)
    yield "independent", x, y, 3
    yield "noisy line", x, x + 0.01 * y, 10
    yield "line", x, x, 10
    yield "k = 1", x, y, 1
    yield "wide", 1e6 * x, y, 3
    yield "heavy tails", x**9, np.exp(5 * y), 5
    yield "levels", levels, x, 3
    yield "levels both", levels, rng.integers(0, 3, 700).astype(float), 10
    yield "grid", rng.integers(0, 25, 700).astype(float), rng.integers(0, 25, 700).astype(float), 10
    yield "constant", np.ones(700), y, 3
    yield "constant both", np.ones(700), np.zeros(700), 3
    yield "clusters", np.where(levels > 1, x, 1e-9 * x), np.where(levels % 2 > 0, y, 1e-9 * y), 4
    yield "more than a leaf", x, y, 40
    yield "a heap of neighbours", x, x + y, 150
    yield "n just above k", x[:11], y[:11], 10
    yield "three points", x[:3], y[:3], 2
    yield "two points", x[:2], y[:2], 1


@pytest.mark.parametrize(("code", "target", "k"), [pytest.param(*c[1:], id=c[0]) for c in continuous_cases()])
def test_continuous_is_sklearns(code, target, k):
    found = knn.mi_continuous(code[:, None], target[:, None], neighbours=k)[0, 0, 0]
    assert found == pytest.approx(sklearn_mi._compute_mi_cc(code, target, k), abs=1e-12)
    twin = knn.mi_continuous(code[:, None], target[:, None], neighbours=k, clip=False, device="reference")
    assert knn.mi_continuous(code[:, None], target[:, None], neighbours=k, clip=False).tobytes() == twin.tobytes()


def batch(models=2, rows=150, columns=3, targets=2):
    rng = np.random.default_rng(8)
    labels = rng.integers(0, 4, (rows, targets))
    codes = rng.normal(size=(models, rows, columns)) + labels[:, :1]
    return codes, labels, rng.normal(size=(rows, targets)) + codes[0, :, :1]


def test_each_pair_has_its_place():
    codes, labels, targets = batch()
    discrete, continuous = knn.mi_discrete(codes, labels), knn.mi_continuous(codes, targets)
    assert discrete.shape == continuous.shape == (2, 2, 3)
    for b, k, d in np.ndindex(2, 2, 3):
        one = codes[b, :, [d]].T
        assert knn.mi_discrete(one, labels[:, [k]])[0, 0, 0] == discrete[b, k, d]
        assert knn.mi_continuous(one, targets[:, [k]])[0, 0, 0] == continuous[b, k, d]
    assert len(np.unique(continuous)) > 6


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_do_not_show(threads):
    codes, labels, targets = batch(models=3)
    for function, other in ((knn.mi_discrete, labels), (knn.mi_continuous, targets)):
        alone = function(codes, other, clip=False, threads=1)
        assert function(codes, other, clip=False, threads=threads).tobytes() == alone.tobytes()
    alone = knn.break_ties(codes, key=3, threads=1)
    assert knn.break_ties(codes, key=3, threads=threads).tobytes() == alone.tobytes()


def test_clip():
    rng = np.random.default_rng(0)
    codes, labels, targets = rng.normal(size=(300, 6)), rng.integers(0, 3, (300, 2)), rng.normal(size=(300, 2))
    for function, other in ((knn.mi_discrete, labels), (knn.mi_continuous, targets)):
        raw = function(codes, other, clip=False)
        assert raw.min() < 0 < raw.max()
        assert np.array_equal(function(codes, other), np.maximum(raw, 0))


def test_layouts_and_dtypes_do_not_show():
    codes, labels, targets = batch()
    codes, targets = codes.astype(np.float32), targets.astype(np.float32)
    expected = knn.mi_discrete(codes.astype(float), labels)
    assert np.array_equal(knn.mi_discrete(np.asfortranarray(codes), labels.astype(np.uint8)), expected)
    expected = knn.mi_continuous(codes.astype(float), targets.astype(float))
    assert np.array_equal(knn.mi_continuous(codes, targets[:, ::-1])[:, ::-1], expected)


# Halves of small whole numbers: heavily tied, and exact under addition.
HALVES = st.integers(-12, 12).map(lambda n: n / 2)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_what_always_holds(data):
    n = data.draw(st.integers(4, 40))
    row = st.lists(HALVES, min_size=n, max_size=n)
    code, target = column(*data.draw(row)), column(*data.draw(row))
    label = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))[:, None]
    k = data.draw(st.integers(1, n - 1))
    shift = data.draw(st.integers(-1000, 1000)) / 4
    order = np.array(data.draw(st.permutations(range(n))))
    discrete = partial(knn.mi_discrete, neighbours=k, clip=False)
    continuous = partial(knn.mi_continuous, neighbours=k, clip=False)
    mi, kraskov = discrete(code, label), continuous(code, target)
    assert discrete(code[order], label[order]) == mi
    assert continuous(code[order], target[order]) == kraskov
    assert discrete(code + shift, label) == mi
    assert discrete(-code, label) == mi
    assert continuous(code + shift, target) == kraskov
    assert continuous(-code, target + shift) == kraskov
    assert continuous(target, code) == kraskov
    assert discrete(code, label, device="reference") == mi
    assert continuous(code, target, device="reference") == kraskov


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, -0.9, 0.99]))
def test_gaussian_pair(seed, rho):
    x, noise = np.random.default_rng(seed).normal(size=(2, 4000, 1))
    y = rho * x + (1 - rho * rho) ** 0.5 * noise
    assert knn.mi_continuous(x, y, neighbours=4, clip=False) == pytest.approx(-0.5 * log(1 - rho * rho), abs=0.1)


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**32 - 1))
def test_labels_far_apart_tell_all(seed):
    rng = np.random.default_rng(seed)
    x, label = rng.normal(size=(4000, 1)), rng.integers(0, 4, (4000, 1))
    share = np.bincount(label[:, 0]) / 4000
    assert knn.mi_discrete(x, label, clip=False) == pytest.approx(0, abs=0.06)
    entropy = -np.sum(share * np.log(share))
    assert knn.mi_discrete(x + 100 * label, label) == pytest.approx(entropy, abs=1e-2)


def test_noise_is_normal_small_and_a_function_of_the_key():
    codes = np.stack([np.zeros(20000), np.full(20000, 300.0), np.zeros(20000)], axis=1)
    noisy = knn.break_ties(codes, key=11)
    assert noisy.tobytes() == knn.break_ties(codes, key=11).tobytes()
    z = noisy[:, 0] / 1e-10
    assert abs(z.mean()) < 0.03
    assert abs(z.std() - 1) < 0.03
    assert abs(np.mean(np.abs(z) < 0.6745) - 0.5) < 0.02
    assert abs((noisy[:, 1] - 300).std() - 3e-8) < 1e-9
    assert abs(np.corrcoef(noisy[:, 0], noisy[:, 2])[0, 1]) < 0.03
    for other in (knn.break_ties(codes, key=12), knn.break_ties(codes, key=11, stream=1)):
        assert abs(np.corrcoef(other[:, 0], noisy[:, 0])[0, 1]) < 0.03


def test_noise_has_its_twin_and_does_not_see_the_batch():
    codes = batch()[0]
    noisy = knn.break_ties(codes, key=2**64 - 5, stream=2**32 - 1)
    assert noisy.tobytes() == knn.break_ties(codes, key=2**64 - 5, stream=2**32 - 1, device="reference").tobytes()
    alone = knn.break_ties(codes[1], key=2**64 - 5, stream=2**32 - 1)
    assert alone.shape == codes[1].shape
    assert alone.tobytes() == noisy[1].tobytes()


GOOD = np.arange(24.0).reshape(8, 3)
LABELS = np.zeros((8, 2), int)
BAD = {
    "codes nan": (lambda: knn.mi_discrete(np.where(GOOD == 7, np.nan, GOOD), LABELS), r"codes: nan at \[2, 1\]"),
    "codes inf": (lambda: knn.mi_continuous(np.where(GOOD == 7, np.inf, GOOD), GOOD), r"codes: inf at \[2, 1\]"),
    "noise nan": (lambda: knn.break_ties([[np.nan]], key=0), r"codes: nan at \[0, 0\]"),
    "targets nan": (lambda: knn.mi_continuous(GOOD, np.where(GOOD == 7, np.nan, GOOD)), r"targets: nan at \[2, 1\]"),
    "codes 1-D": (lambda: knn.mi_discrete(GOOD[:, 0], LABELS), r"codes: .*\[N, D\] or \[B, N, D\], not \[8\]"),
    "codes complex": (lambda: knn.mi_discrete(GOOD * 1j, LABELS), "codes: must be real numbers, not complex128"),
    "no rows": (lambda: knn.mi_discrete(GOOD[:0], LABELS[:0]), "codes: must have 1 to 1073741824 rows, not 0"),
    "labels 1-D": (lambda: knn.mi_discrete(GOOD, LABELS[:, 0]), r"labels: .*N = 8 as in codes, not \[8\]"),
    "labels short": (lambda: knn.mi_discrete(GOOD, LABELS[:7]), r"labels: .*N = 8 as in codes, not \[7, 2\]"),
    "targets short": (lambda: knn.mi_continuous(GOOD, GOOD[:7]), r"targets: .*N = 8 as in codes, not \[7, 3\]"),
    "labels float": (lambda: knn.mi_discrete(GOOD, LABELS * 1.0), "labels: must be whole numbers, not float64"),
    "labels unique": (lambda: knn.mi_discrete(GOOD, np.arange(8)[:, None]), "labels: column 0: no two of the 8 rows"),
    "k = 0": (lambda: knn.mi_discrete(GOOD, LABELS, neighbours=0), "neighbours: .* from 1 to .*, not 0"),
    "k = 2.5": (lambda: knn.mi_discrete(GOOD, LABELS, neighbours=2.5), "neighbours: .* not 2.5"),
    "k = True": (lambda: knn.mi_continuous(GOOD, GOOD, neighbours=True), "neighbours: .* not True"),
    "N = k": (
        lambda: knn.mi_continuous(GOOD, GOOD, neighbours=8),
        "neighbours: 8 need at least 9 rows, and there are 8",
    ),
    "device": (lambda: knn.mi_continuous(GOOD, GOOD, device="tpu"), "device: 'tpu' is none of: cpu, reference"),
    "threads": (lambda: knn.mi_continuous(GOOD, GOOD, neighbours=3, threads=0), "threads: "),
    "key": (lambda: knn.break_ties(GOOD, key=2**64), r"key: .* from 0 to 18446744073709551615"),
    "stream": (lambda: knn.break_ties(GOOD, key=0, stream=-1), r"stream: .* from 0 to 4294967295"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name):
    call, message = BAD[name]
    with pytest.raises(InputError, match=message):
        call()


def test_nothing_asked_nothing_answered():
    assert knn.mi_discrete(GOOD, LABELS[:, :0]).shape == (1, 0, 3)
    assert knn.mi_continuous(np.empty((2, 8, 0)), GOOD, neighbours=3).shape == (2, 3, 0)
