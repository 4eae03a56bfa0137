"""Support vector machines on one code against tables worked by hand, liblinear, the twin, and a vanishing gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.svm import single_code_svm

DEVICES = ["cpu", "reference"]


def _case(rows, dims, levels, *, seed=0, steps=None):
    rng = np.random.default_rng(seed)
    labels = np.stack([np.concatenate([np.arange(n), rng.integers(0, n, rows - n)]) for n in levels], axis=1)
    codes = labels @ rng.normal(size=(len(levels), dims)) + rng.normal(size=(rows, dims))
    return (codes if steps is None else np.round(codes * steps) / steps), labels


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("c", [0.01, 1.0])
def test_two_points(device, c):
    # Codes -1 and 1: b = 0 by symmetry, f = w^2 / 2 + 2 c (1 - w)^2, so w = 4 c / (1 + 4 c).
    fits = single_code_svm([[-1.0], [1.0]], [3, 8], c=c, device=device)
    np.testing.assert_allclose(fits.weights[0, 0, 0], np.array([-1, 1]) * 4 * c / (1 + 4 * c), atol=1e-15)
    np.testing.assert_allclose(fits.intercepts, 0.0, atol=1e-15)
    assert fits.train_accuracy[0, 0, 0] == 1.0
    assert np.isnan(fits.test_accuracy[0, 0, 0])


@pytest.mark.parametrize("device", DEVICES)
def test_a_constant_code_tells_of_the_weights_alone(device):
    # Code 0, so w = 0 and f = b^2 / 2 + c (s n (1 - b)^2 + m (1 + b)^2), n rows of the class, m others:
    # b = 2 c (s n - m) / (1 + 2 c (s n + m)). Counts 1, 2, 3 of 6: s n = 6 / 3 = 2 for each, m = 5, 4, 3; c = 1/2.
    fits = single_code_svm(np.zeros((6, 1)), [0, 1, 1, 2, 2, 2], c=0.5, device=device)
    np.testing.assert_allclose(fits.intercepts[0, 0, 0], [-3 / 8, -2 / 7, -1 / 6], atol=1e-15)
    assert not fits.weights.any()
    assert fits.train_accuracy[0, 0, 0] == 3 / 6
    # Unweighted s = 1: (1 - 5) / 7, (2 - 4) / 7, 0.
    plain = single_code_svm(np.zeros((6, 1)), [0, 1, 1, 2, 2, 2], c=0.5, balanced=False, device=device)
    np.testing.assert_allclose(plain.intercepts[0, 0, 0], [-4 / 7, -2 / 7, 0.0], atol=1e-15)


@pytest.mark.parametrize("device", DEVICES)
def test_both_of_two_classes_have_their_weight(device):
    # Code 0, counts 1 and 3 of 4: weights 2 and 2/3, so both sides weigh 2 and b = 0: a tie, which the first wins.
    fits = single_code_svm(np.zeros((4, 1)), [0, 1, 1, 1], device=device)
    np.testing.assert_allclose(fits.intercepts, 0.0, atol=1e-15)
    assert fits.train_accuracy[0, 0, 0] == 1 / 4


@pytest.mark.parametrize("device", DEVICES)
def test_rows_outside_of_the_margin_do_not_count(device):
    # With the codes far apart only the penalty and the nearest rows matter: a row further out changes nothing.
    near = single_code_svm([[-1.0], [1.0]], [0, 1], c=10.0, balanced=False, device=device)
    far = single_code_svm([[-1.0], [1.0], [50.0]], [0, 1, 1], c=10.0, balanced=False, device=device)
    np.testing.assert_allclose(far.weights, near.weights, atol=1e-13)


@pytest.mark.parametrize("device", DEVICES)
def test_labels_unseen_in_training_are_errors(device):
    codes = np.array([-2.0, -1, 1, 2, -1, 1, 1])[:, None]
    fits = single_code_svm(codes, [0, 0, 1, 1, 0, 1, 7], train_rows=4, device=device)
    assert fits.test_accuracy[0, 0, 0] == 2 / 3


@pytest.mark.parametrize("levels", [2, 3, 6])
@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("c", [0.01, 1.0])
def test_equal_to_scikit_learn(levels, balanced, c):
    codes, labels = _case(240, 2, [levels])
    labels[:80] = np.minimum(labels[:80], 1)  # unlike counts
    fits = single_code_svm(codes, labels, train_rows=200, c=c, balanced=balanced)
    places = [1] if levels == 2 else range(levels)
    for d in range(2):
        x, y = codes[:, d : d + 1], labels[:, 0]
        weight = "balanced" if balanced else None
        model = LinearSVC(C=c, class_weight=weight, dual=True, tol=1e-10, max_iter=10**6).fit(x[:200], y[:200])
        np.testing.assert_allclose(fits.weights[0, 0, d, places], model.coef_[:, 0], atol=1e-8)
        np.testing.assert_allclose(fits.intercepts[0, 0, d, places], model.intercept_, atol=1e-8)
        assert fits.train_accuracy[0, 0, d] == model.score(x[:200], y[:200])
        assert fits.test_accuracy[0, 0, d] == model.score(x[200:], y[200:])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(7, 60),
    level=st.integers(2, 5),
    steps=st.sampled_from([None, 1, 4]),
    c=st.sampled_from([1e-4, 0.01, 1.0, 100.0]),
    balanced=st.booleans(),
)
def test_twin_agrees(seed, rows, level, steps, c, balanced):
    codes, labels = _case(rows, 2, [2, level], seed=seed, steps=steps)
    both = np.stack([codes, -3 * codes])
    ours = single_code_svm(both, labels, train_rows=rows - 2, c=c, balanced=balanced)
    twin = single_code_svm(both, labels, train_rows=rows - 2, c=c, balanced=balanced, device="reference")
    np.testing.assert_allclose(ours.weights, twin.weights, atol=1e-10)
    np.testing.assert_allclose(ours.intercepts, twin.intercepts, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(4, 400),
    steps=st.sampled_from([None, 1, 4]),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    c=st.sampled_from([1e-4, 0.01, 1.0, 100.0]),
)
def test_the_gradient_vanishes(seed, rows, steps, scale, c):
    codes, labels = _case(rows, 1, [3], seed=seed, steps=steps)
    x = codes[:, 0] * scale
    fits = single_code_svm(x[:, None], labels, c=c, balanced=False)
    for k in range(3):
        w, b = fits.weights[0, 0, 0, k], fits.intercepts[0, 0, 0, k]
        t = np.where(labels[:, 0] == k, 1.0, -1.0)
        slack = np.maximum(0.0, 1 - t * (w * x + b))
        gradient = np.array([w - 2 * c * (t * slack * x).sum(), b - 2 * c * (t * slack).sum()])
        # Sums over the margin are differences of sums over all rows: what they are made of before anything cancels.
        terms = 1 + np.abs(w * x) + np.abs(b)
        sizes = np.array([1 + 2 * c * (terms * np.abs(x)).sum(), 1 + 2 * c * terms.sum()])
        assert (np.abs(gradient) <= 1e-12 * sizes).all()


def test_threads_and_instruction_sets_do_not_show():
    codes, labels = _case(300, 5, [2, 4, 9])
    both = np.stack([codes, codes[::-1]])
    chosen, seen = _core.cpu.path(), set()
    try:
        for path in _core.cpu.paths():
            _core.cpu.set_path(path)
            for threads in (1, 2, 3, 7):
                fits = single_code_svm(both, labels, train_rows=250, threads=threads)
                values = (fits.weights, fits.intercepts, fits.train_accuracy, fits.test_accuracy)
                seen.add(b"".join(v.tobytes() for v in values))
    finally:
        _core.cpu.set_path(chosen)
    assert len(seen) == 1


def test_places_beyond_a_factors_classes_are_zero():
    codes, labels = _case(60, 1, [2, 4])
    fits = single_code_svm(codes, labels)
    assert fits.weights.shape == (1, 2, 1, 4)
    assert not fits.weights[0, 0, 0, 2:].any()
    assert [c.tolist() for c in fits.classes] == [[0, 1], [0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(codes=np.zeros((3, 1, 1, 1))), "codes: must be"),
        (dict(codes=[[np.inf], [0.0], [1.0]]), "codes: inf at"),
        (dict(labels=[1, 1, 1]), "labels: factor 0 has the single class 1"),
        (dict(labels=np.array([2**63, 0, 1], np.uint64)), "labels: must fit into int64"),
        (dict(train_rows=1), "single class 0 in the first 1 rows"),
        (dict(c=-1.0), "c: must be"),
        (dict(c=np.inf), "c: must be a number above 0 and finite"),
        (dict(balanced="balanced"), "balanced: must be"),
        (dict(threads=1.5), "threads: must be"),
        (dict(device="cuda"), "device: 'cuda' is none of"),
    ],
)
def test_bad_input_is_named(options, message):
    arguments = {"codes": [[0.0], [1.0], [2.0]], "labels": [0, 1, 1], **options}
    with pytest.raises(InputError, match=message):
        single_code_svm(arguments.pop("codes"), arguments.pop("labels"), **arguments)
