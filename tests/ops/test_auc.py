"""Areas under ROC curves against tables counted by hand, scikit-learn and the twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import roc_auc_score

from synthkit.errors import InputError
from synthkit.ops.auc import roc_auc

DEVICES = ["cpu", "reference"]


@st.composite
def _tables(draw):
    rows, classes = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    numbers = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e300, 1e300))  # ties often
    scores = draw(hnp.arrays(np.float64, (2, rows, classes), elements=numbers))
    return scores, draw(hnp.arrays(np.int64, rows, elements=st.integers(-1, 4)))


@pytest.mark.parametrize("device", DEVICES)
def test_ties_count_half(device):
    # Class 1 has scores 2 and 3, the rest 1 and 2: 2 > 1, 2 = 2, 3 > 1, 3 > 2: 3.5 of 4.
    scores = np.array([[0.0, 1], [0, 2], [0, 2], [0, 3]])
    # Column 0 is all ties: 1/2.
    assert roc_auc(scores, [0, 0, 1, 1], device=device).tolist() == [0.5, 0.875]


@pytest.mark.parametrize("device", DEVICES)
def test_three_classes_with_names_of_their_own(device):
    # Labels 5 5 -7 9. Column of 9: 4 > 3, 2, 1: 1. Column of 5: {3, 0} against {2, 1}: 2 of 4. Of -7: 1 > all: 1.
    scores = np.array([[1.0, 3, 0], [2, 0, 0], [3, 2, 1], [4, 1, 0]])
    areas = roc_auc(scores, [5, 5, -7, 9], classes=[9, 5, -7], device=device)
    assert areas.tolist() == [1.0, 0.5, 1.0]


@pytest.mark.parametrize("device", DEVICES)
def test_a_class_of_no_row_or_every_row_has_no_area(device):
    areas = roc_auc(np.zeros((3, 3)), [1, 1, 1], device=device)
    assert np.isnan(areas).all()
    # A label that is no column's is in the rest everywhere.
    assert roc_auc([[1.0], [2.0]], [0, 8], device=device).tolist() == [0.0]


def test_zeros_of_both_signs_are_equal():
    assert roc_auc([[0.0], [-0.0]], [0, 1]).tolist() == [0.5]


@given(_tables())
def test_twin_agrees_bit_for_bit(table):
    scores, labels = table
    assert roc_auc(scores, labels).tobytes() == roc_auc(scores, labels, device="reference").tobytes()


@given(_tables())
def test_order_is_all_that_counts(table):
    scores, labels = table
    ranks = np.stack([[np.unique(c, return_inverse=True)[1] for c in s.T] for s in scores]).transpose(0, 2, 1)
    areas = roc_auc(scores, labels)
    assert np.array_equal(areas, roc_auc(ranks, labels), equal_nan=True)
    np.testing.assert_allclose(roc_auc(-scores, labels), 1 - areas, atol=1e-15)


def test_equal_to_scikit_learn():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 5, 2000)
    scores = np.round(rng.normal(size=(2000, 5)) + np.eye(5)[labels], 2)  # rounded: ties
    wanted = [roc_auc_score(labels == c, scores[:, c]) for c in range(5)]
    np.testing.assert_allclose(roc_auc(scores, labels), wanted, rtol=0, atol=1e-12)


def test_threads_do_not_show():
    rng = np.random.default_rng(2)
    scores, labels = rng.normal(size=(3, 200, 4)), rng.integers(0, 4, 200)
    assert len({roc_auc(scores, labels, threads=n).tobytes() for n in (1, 2, 3, 7)}) == 1


@pytest.mark.parametrize(
    ("scores", "labels", "options", "message"),
    [
        (np.zeros(3), [0, 1, 1], {}, "scores: must be"),
        (np.zeros((0, 2)), [], {}, "scores: must be"),
        (np.array([[np.inf], [0]]), [0, 1], {}, "scores: inf at"),
        (np.zeros((3, 2)), [0, 1], {}, "labels: must be"),
        (np.zeros((2, 2)), [0.5, 1], {}, "labels: must be integers"),
        (np.zeros((2, 2)), [0, 1], {"classes": [1, 1]}, "classes: must be 2 different"),
        (np.zeros((2, 2)), [0, 1], {"classes": [1]}, "classes: must be 2 different"),
        (np.zeros((2, 2)), [0, 1], {"threads": -1}, "threads: must be"),
        (np.zeros((2, 2)), [0, 1], {"device": None}, "device: None is none of"),
    ],
)
def test_bad_input_is_named(scores, labels, options, message):
    with pytest.raises(InputError, match=message):
        roc_auc(scores, labels, **options)
