"""Logistic regression against tables worked by hand, scikit-learn, its twin, and the conditions of an optimum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.multiclass import OneVsRestClassifier

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops import logistic
from synthkit.ops.logistic import logistic_regression

DEVICES = ["cpu", "reference"]


def _case(rows, dims, levels, *, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.stack([np.concatenate([np.arange(n), rng.integers(0, n, rows - n)]) for n in levels], axis=1)
    codes = labels @ rng.normal(size=(len(levels), dims)) + noise * rng.normal(size=(rows, dims))
    return (codes - codes.mean(0)) / codes.std(0), labels


def _gradient(codes, labels, fits, b, k, *, c, balanced):
    """Of the multinomial or binomial objective at the fitted model, per row."""
    y = np.searchsorted(fits.classes[k], labels[:, k])
    classes = len(fits.classes[k])
    s = (len(y) / (classes * np.bincount(y)))[y] if balanced else np.ones(len(y))
    w, intercepts = fits.weights[b, k, :classes], fits.intercepts[b, k, :classes]
    z = codes @ w.T + intercepts
    if classes == 2:
        p = np.exp(-np.logaddexp(0.0, -z))
    else:
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
    r = (p - np.eye(classes)[y]) * s[:, None]
    return np.concatenate([(r.T @ codes + w / c).ravel(), r.sum(0)]) / len(y)


@pytest.mark.parametrize("device", DEVICES)
def test_a_binary_code_without_penalty(device):
    # Code 0: labels 0 0 0 1, so p(1) = 1/4, log-odds -ln 3. Code 1: labels 0 1 1, p(1) = 2/3, log-odds ln 2.
    # Hence intercept -ln 3 and weight ln 2 + ln 3.
    codes = np.array([0, 0, 0, 0, 1, 1, 1.0])[:, None]
    fits = logistic_regression(codes, [0, 0, 0, 1, 0, 1, 1], c=np.inf, probabilities=True, device=device)
    assert fits.converged[0, 0]
    np.testing.assert_allclose(fits.intercepts[0, 0], [np.log(3), -np.log(3)], atol=1e-12)
    np.testing.assert_allclose(fits.weights[0, 0, :, 0], [-np.log(6), np.log(6)], atol=1e-12)
    np.testing.assert_allclose(fits.probabilities[0, 0], [[3 / 4, 1 / 4]] * 4 + [[1 / 3, 2 / 3]] * 3, atol=1e-12)
    # Losses: three times -ln 3/4, one -ln 1/4, one -ln 1/3, two -ln 2/3.
    loss = -(3 * np.log(3 / 4) + np.log(1 / 4) + np.log(1 / 3) + 2 * np.log(2 / 3)) / 7
    np.testing.assert_allclose([fits.log_loss[0, 0], fits.weighted_loss[0, 0]], loss, atol=1e-14)
    assert fits.train_accuracy[0, 0] == 5 / 7
    assert np.isnan(fits.test_accuracy[0, 0])


@pytest.mark.parametrize("device", DEVICES)
def test_balanced_three_classes_on_a_constant_code(device):
    # Counts 1, 2, 5 of 8: weights 8 / (3 n): each class weighs 8/3, so all are equally likely.
    fits = logistic_regression(
        np.full((8, 1), 3.0), [9, -2, -2, 4, 4, 4, 4, 4], balanced=True, probabilities=True, device=device
    )
    assert fits.classes[0].tolist() == [-2, 4, 9]
    np.testing.assert_allclose(fits.probabilities[0, 0], 1 / 3, atol=1e-12)
    np.testing.assert_allclose(fits.weights, 0.0, atol=1e-12)
    np.testing.assert_allclose([fits.log_loss[0, 0], fits.weighted_loss[0, 0]], np.log(3), atol=1e-14)


@pytest.mark.parametrize("device", DEVICES)
def test_classes_as_often_as_they_are(device):
    # Unweighted, a constant code of 0 leaves the shares 1/8, 2/8 and 5/8; the weighted loss counts each class 1/3.
    fits = logistic_regression(np.zeros((8, 2)), [0, 1, 1, 2, 2, 2, 2, 2], c=np.inf, probabilities=True, device=device)
    np.testing.assert_allclose(fits.probabilities[0, 0], [[1 / 8, 2 / 8, 5 / 8]] * 8, atol=1e-12)
    np.testing.assert_allclose(fits.weights, 0.0, atol=1e-12)
    assert fits.converged[0, 0]
    assert fits.train_accuracy[0, 0] == 5 / 8


@pytest.mark.parametrize("device", DEVICES)
def test_a_symmetric_pair_with_penalty(device):
    # Codes -1 and 1, labels 0 and 1: intercept 0, and w minimises 2 ln(1 + e^-w) + w^2 / (2 c): w / c = 2 / (1 + e^w).
    # For w = ln 3 the right side is 1/2, so c = 2 ln 3.
    fits = logistic_regression([[-1.0], [1.0]], [0, 1], c=2 * np.log(3), device=device)
    np.testing.assert_allclose(fits.weights[0, 0, :, 0], [-np.log(3), np.log(3)], atol=1e-12)
    np.testing.assert_allclose(fits.intercepts, 0.0, atol=1e-12)
    np.testing.assert_allclose(fits.log_loss[0, 0], np.log(4 / 3), atol=1e-14)


@pytest.mark.parametrize("device", DEVICES)
def test_labels_unseen_in_training_are_errors(device):
    codes = np.array([-2.0, -1, 1, 2, -1, 1, 1])[:, None]
    fits = logistic_regression(codes, [0, 0, 1, 1, 0, 1, 7], train_rows=4, device=device)
    assert fits.train_accuracy[0, 0] == 1.0
    assert fits.test_accuracy[0, 0] == 2 / 3


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("levels", [2, 3])
def test_classes_apart_without_penalty_end_at_a_tiny_loss(device, levels):
    codes = np.repeat(np.arange(levels), 5)[:, None] - 1.0
    fits = logistic_regression(codes, np.repeat(np.arange(levels), 5), c=np.inf, device=device)
    assert not fits.converged[0, 0]
    assert 0 < fits.log_loss[0, 0] <= 1e-9
    assert fits.train_accuracy[0, 0] == 1.0


@pytest.mark.parametrize("device", DEVICES)
def test_too_few_steps_are_told(device):
    codes, labels = _case(100, 2, [3])
    assert not logistic_regression(codes, labels, max_iterations=2, device=device).converged[0, 0]
    assert logistic_regression(codes, labels, device=device).converged[0, 0]


@pytest.mark.parametrize("levels", [2, 5])
@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("c", [0.1, 1.0, np.inf])
def test_equal_to_scikit_learn(levels, balanced, c):
    codes, labels = _case(700, 4, [levels], noise=2.0)
    y, train = labels[:, 0], 600
    fits = logistic_regression(codes, y, train_rows=train, c=c, balanced=balanced, probabilities=True)
    model = LogisticRegression(
        C=c, class_weight="balanced" if balanced else None, solver="newton-cholesky", tol=1e-12, max_iter=1000
    ).fit(codes[:train], y[:train])
    chances = model.predict_proba(codes)
    np.testing.assert_allclose(fits.probabilities[0, 0], chances, rtol=0, atol=1e-9)
    assert fits.converged[0, 0]
    assert fits.train_accuracy[0, 0] == model.score(codes[:train], y[:train])
    assert fits.test_accuracy[0, 0] == model.score(codes[train:], y[train:])
    s = (train / (levels * np.bincount(y[:train])))[y[:train]] if balanced else None
    np.testing.assert_allclose(fits.log_loss[0, 0], log_loss(y[:train], chances[:train]), atol=1e-9)
    np.testing.assert_allclose(
        fits.weighted_loss[0, 0], log_loss(y[:train], chances[:train], sample_weight=s), atol=1e-9
    )


def test_close_to_scikit_learns_default_solver():
    codes, labels = _case(400, 3, [4], noise=2.0)
    model = LogisticRegression(tol=1e-10, max_iter=10000).fit(codes, labels[:, 0])
    fits = logistic_regression(codes, labels)
    np.testing.assert_allclose(fits.weights[0, 0], model.coef_, atol=1e-5)
    np.testing.assert_allclose(fits.intercepts[0, 0], model.intercept_, atol=1e-5)


@pytest.mark.parametrize("levels", [2, 4])
@pytest.mark.parametrize("balanced", [False, True])
def test_one_vs_rest_is_that_of_scikit_learn(levels, balanced):
    codes, labels = _case(500, 3, [levels], noise=2.0)
    base = LogisticRegression(
        class_weight="balanced" if balanced else None, solver="newton-cholesky", tol=1e-12, max_iter=1000
    )
    model = OneVsRestClassifier(base).fit(codes, labels[:, 0])
    fits = logistic_regression(codes, labels, balanced=balanced, one_vs_rest=True, probabilities=True)
    raw = fits.probabilities[0, 0]
    np.testing.assert_allclose(raw / raw.sum(1, keepdims=True), model.predict_proba(codes), rtol=0, atol=1e-9)
    assert fits.train_accuracy[0, 0] == model.score(codes, labels[:, 0])


@pytest.mark.parametrize("one_vs_rest", [False, True])
@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("c", [0.5, np.inf])
def test_twin_agrees(one_vs_rest, balanced, c):
    # Two code arrays, three factors of unlike numbers of classes, more rows than a chunk of 512, a column twice.
    codes, labels = _case(600, 3, [2, 4, 3], noise=2.0)
    both = np.stack([codes, codes[:, [1, 2, 1]]])
    options = dict(train_rows=530, c=c, balanced=balanced, one_vs_rest=one_vs_rest, probabilities=True)
    ours = logistic_regression(both, labels, **options)
    twin = logistic_regression(both, labels, device="reference", **options)
    for name in ("probabilities", "log_loss", "weighted_loss", "train_accuracy", "test_accuracy"):
        np.testing.assert_allclose(getattr(ours, name), getattr(twin, name), rtol=0, atol=1e-10, err_msg=name)
    assert np.array_equal(ours.converged, twin.converged)
    assert ours.converged.all()
    if c == 0.5:  # with a column twice and no penalty, weights are not unique
        np.testing.assert_allclose(ours.weights, twin.weights, atol=1e-9)
        np.testing.assert_allclose(ours.intercepts, twin.intercepts, atol=1e-9)
    assert not ours.weights[:, 0, 2:].any()
    assert not ours.probabilities[:, 2, :, 3:].any()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(8, 90),
    dims=st.integers(1, 6),
    levels=st.integers(2, 6),
    c=st.sampled_from([1e-3, 1.0, 1e3, 1e8]),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    balanced=st.booleans(),
)
def test_the_gradient_vanishes(seed, rows, dims, levels, c, scale, balanced):
    codes, labels = _case(rows, dims, [levels], noise=1.0, seed=seed)
    codes = codes * scale
    fits = logistic_regression(codes, labels, c=c, balanced=balanced, max_iterations=500)
    if fits.converged[0, 0]:
        gradient = _gradient(codes, labels, fits, 0, 0, c=c, balanced=balanced)
        assert np.abs(gradient).max() <= 1e-9 * max(scale, 1.0)
    else:
        assert fits.weighted_loss[0, 0] <= 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(-1e4, 1e4))
def test_shifting_codes_moves_only_the_intercept(seed, shift):
    codes, labels = _case(60, 2, [3], seed=seed)
    still = logistic_regression(codes, labels, probabilities=True)
    moved = logistic_regression(codes + shift, labels, probabilities=True)
    np.testing.assert_allclose(moved.weights, still.weights, atol=1e-8)
    np.testing.assert_allclose(moved.probabilities, still.probabilities, atol=1e-8)


def test_threads_and_instruction_sets_do_not_show():
    codes, labels = _case(1100, 5, [2, 7, 3])
    both = np.stack([codes, codes[::-1]])
    chosen, seen = _core.cpu.path(), []
    try:
        for path in _core.cpu.paths():
            _core.cpu.set_path(path)
            for threads in (1, 2, 3, 7) if path == chosen else (2,):
                for c in (1.0, np.inf):  # float32 and float64 second derivatives
                    for one_vs_rest in (False, True):
                        fits = logistic_regression(
                            both, labels, train_rows=1000, c=c, one_vs_rest=one_vs_rest, probabilities=True,
                            max_iterations=20, threads=threads,
                        )  # fmt: skip
                        values = [v for name, v in vars(fits).items() if name != "classes"]
                        seen.append(((c, one_vs_rest), b"".join(v.tobytes() for v in values)))
    finally:
        _core.cpu.set_path(chosen)
    assert len(seen) >= 16
    assert len({kind for kind, _ in seen}) == 4
    assert len(set(seen)) == 4


def test_the_batch_does_not_show():
    codes, labels = _case(300, 3, [4, 2])
    both = logistic_regression(np.stack([codes, 2 * codes]), labels)
    alone = logistic_regression(2 * codes, labels[:, 1])
    assert both.weights[1, 1, :2].tobytes() == alone.weights[0, 0].tobytes()


def test_rows_beyond_training_do_not_show():
    codes, labels = _case(700, 3, [4])
    short = logistic_regression(codes[:600], labels[:600])
    assert logistic_regression(codes, labels, train_rows=600).weights.tobytes() == short.weights.tobytes()


GOOD = dict(codes=np.eye(4), labels=[0, 1, 0, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(codes=np.zeros(4)), "codes: must be"),
        (dict(codes=np.zeros((4, 0))), "codes: must be"),
        (dict(codes=np.array([["a"]] * 4)), "codes: must be real numbers"),
        (dict(codes=np.where(np.eye(4) > 0, np.nan, 0)), "codes: nan at"),
        (dict(labels=[0, 1, 0]), "labels: must be"),
        (dict(labels=[0.0, 1, 0, 1]), "labels: must be integers"),
        (dict(labels=[3, 3, 3, 3]), "labels: factor 0 has the single class 3"),
        (dict(labels=[0, 0, 1, 1], train_rows=2), "single class 0 in the first 2 rows"),
        (dict(train_rows=0), "train_rows: must be"),
        (dict(train_rows=5), "train_rows: must be"),
        (dict(train_rows=True), "train_rows: must be"),
        (dict(c=0.0), "c: must be"),
        (dict(c=np.nan), "c: must be"),
        (dict(c="1"), "c: must be"),
        (dict(balanced=1), "balanced: must be"),
        (dict(one_vs_rest="yes"), "one_vs_rest: must be"),
        (dict(probabilities=None), "probabilities: must be"),
        (dict(max_iterations=0), "max_iterations: must be"),
        (dict(max_iterations=2.5), "max_iterations: must be"),
        (dict(threads=0), "threads: must be"),
        (dict(device="gpu"), "device: 'gpu' is none of"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {**GOOD, **change}
    with pytest.raises(InputError, match=message):
        logistic_regression(arguments.pop("codes"), arguments.pop("labels"), **arguments)


def test_too_large_problems_are_refused():
    with pytest.raises(InputError, match="at most 512 codes"):
        logistic_regression(np.zeros((4, 513)), [0, 1, 0, 1])
    rows = logistic.MAX_UNKNOWNS // 2 + 1
    with pytest.raises(InputError, match="one_vs_rest=True"):
        logistic_regression(np.zeros((rows, 1)), np.arange(rows))
