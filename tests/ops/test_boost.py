"""Boosted trees against tables worked by hand, their twin, and scikit-learn where no ties leave it a choice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.boost import BoostedTrees, boosted_trees
from synthkit.ops.reference import boost as reference

BACKENDS = ["cpu", "reference"]
FIELDS = ["importances", "train_score", "test_score", "predictions"]


def same(a: BoostedTrees, b: BoostedTrees) -> bool:
    return all(np.array_equal(getattr(a, f), getattr(b, f), equal_nan=True) for f in FIELDS)


def fit(codes, target, train_rows=None, **options):
    """One model, one factor, codes [N] or [N, D]."""
    codes = np.asarray(codes, float)
    table = codes[:, None] if codes.ndim == 1 else codes
    return boosted_trees(table, np.asarray(target)[:, None], train_rows=train_rows or len(table), **options)


# --- By hand ---


@pytest.mark.parametrize("device", BACKENDS)
def test_regression_stump_by_hand(device):
    # Mean 1, residuals -1, -1, 0, 2. With c = 1, 2, 3 rows on the left their sum is s = -1, -2, -2, and the gains
    # s^2 * 4 / (c (4 - c)) are 4/3, 4, 16/3: the threshold is 2.5. Leaves -2/3 and 2, at rate 0.1.
    # A second code that parts rows as 2 and 2 can gain 4 at most, and so is never used.
    codes = [[0, 7], [1, 7], [2, 8], [3, 8], [2.5, 0], [2.6, 0]]
    target = [0, 0, 1, 3, 1, 2]
    found = fit(codes, target, 4, loss="regression", stages=1, max_depth=1, device=device)
    assert found.importances.tolist() == [[[1.0, 0.0]]]
    low, high = 1 - 0.2 / 3, 1.2
    assert found.predictions[0, 0] == pytest.approx([low, low, low, high, low, high], abs=1e-15)
    # Squares about the mean: 1 + 1 + 0 + 4 = 6; in the test rows, of mean 1.5, 0.25 + 0.25.
    assert found.train_score[0, 0] == pytest.approx(1 - (2 * low**2 + (1 - low) ** 2 + 1.8**2) / 6, abs=1e-15)
    assert found.test_score[0, 0] == pytest.approx(1 - ((1 - low) ** 2 + 0.8**2) / 0.5, abs=1e-15)


@pytest.mark.parametrize("device", BACKENDS)
@pytest.mark.parametrize(("rate", "label"), [(0.27, -5), (0.28, 9)])
def test_two_classes_by_hand(device, rate, label):
    # F starts at log(1/3) = -1.0986, p = 1/4, residuals -1/4 (thrice) and 3/4. The right leaf's value is
    # 0.75 / (0.75 * 0.25) = 4: row 3 turns where 4 * rate > 1.0986, that is rate > 0.27465.
    found = fit([0, 1, 2, 3], [-5, -5, -5, 9], stages=1, learning_rate=rate, max_depth=1, device=device)
    assert found.predictions[0, 0].tolist() == [-5, -5, -5, label]
    assert found.train_score[0, 0] == (1.0 if label == 9 else 0.75)
    assert np.isnan(found.test_score[0, 0])


@pytest.mark.parametrize("device", BACKENDS)
@pytest.mark.parametrize(
    ("rate", "labels"),
    [(0.23, [0, 0]), (0.24, [0, 2]), (0.38, [0, 2]), (0.39, [1, 2])],
)
def test_three_classes_by_hand(device, rate, labels):
    # Codes 0 to 5, labels 0 0 0 0 1 2: F = log(2/3), log(1/6), log(1/6). Leaves are sums * (2/3) / sums of p (1 - p).
    # Class 0: residuals 1/3 (4), -2/3 (2); split 4 | 2; leaves (4/3)(2/3) / (8/9) = 1 and (-4/3)(2/3) / (4/9) = -2.
    # Class 1: 5/6 in row 4, else -1/6. Gains s^2 6 / (c (6 - c)): c = 4, s = -2/3: 1/3; c = 5, s = 1/6: 1/30. So
    #   4 | 2; leaves (-2/3)(2/3) / (20/36) = -0.8 and (2/3)(2/3) / (10/36) = 1.6.
    # Class 2: 5/6 in row 5; split 5 | 1; leaves (-5/6)(2/3) / (25/36) = -0.8 and (5/6)(2/3) / (5/36) = 4.
    # Row 4: classes 0 and 1 differ by log 4 - 3.6 rate: turns at rate 0.38508. Row 5: log 4 - 6 rate: at 0.23105.
    found = fit(range(6), [0, 0, 0, 0, 1, 2], stages=1, learning_rate=rate, max_depth=1, device=device)
    assert found.predictions[0, 0].tolist() == [0, 0, 0, 0, *labels]


@pytest.mark.parametrize("device", BACKENDS)
def test_importances_of_two_levels_by_hand(device):
    # Values 0, 0, 8, 12 on a grid of two codes: mean 5. Code 0 parts {0, 0} | {8, 12}: s = -10, gain 100 * 4 / 4 = 100;
    # code 1 parts {0, 8} | {0, 12}: s = -2, gain 4. Then code 1 parts {8, 12}: s = -2, gain 4 * 2 / 1 = 8; {0, 0} is
    # pure. Importances 100 / 108 and 8 / 108.
    found = fit(
        [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 8, 12], loss="regression", stages=1, max_depth=2, device=device
    )
    assert found.importances[0, 0] == pytest.approx([100 / 108, 8 / 108], abs=1e-15)


# --- scikit-learn ---


@pytest.mark.parametrize("classes", [2, 5, 0])
@pytest.mark.parametrize(("depth", "stages", "rows"), [(1, 100, 600), (2, 12, 3000), (3, 4, 3000)])
def test_scikit_learn_agrees_where_there_are_no_ties(classes, depth, stages, rows):
    # Nodes of a few rows are parted in the same way by several codes, and scikit-learn then draws one. So: few stages
    # where trees are deep, and data for which two random states give the same trees.
    loss, model = (
        ("classification", GradientBoostingClassifier) if classes else ("regression", GradientBoostingRegressor)
    )
    compared = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        codes = rng.normal(size=(rows, 3))
        value = codes[:, 0] + 0.5 * codes[:, 1] ** 2 + rng.normal(size=rows)
        cuts = np.quantile(value, np.arange(1, max(classes, 1)) / max(classes, 1))
        target = 3 * np.digitize(value, cuts) - 5 if classes else value
        n = rows * 4 // 5
        theirs = [
            model(n_estimators=stages, max_depth=depth, random_state=state).fit(codes[:n], target[:n])
            for state in (0, 1)
        ]
        importances = [their.feature_importances_ for their in theirs]
        if np.abs(importances[0] - importances[1]).max() > 1e-12:
            continue
        ours = fit(codes, target, n, loss=loss, stages=stages, max_depth=depth)
        assert ours.importances[0, 0] == pytest.approx(importances[0], abs=1e-6)
        assert ours.predictions[0, 0] == pytest.approx(theirs[0].predict(codes), abs=1e-9)
        assert ours.train_score[0, 0] == pytest.approx(theirs[0].score(codes[:n], target[:n]), abs=1e-9)
        assert ours.test_score[0, 0] == pytest.approx(theirs[0].score(codes[n:], target[n:]), abs=1e-9)
        compared += 1
        if compared == 2:
            break
    assert compared > 0


def test_scikit_learn_agrees_with_the_defaults_up_to_ties():
    rng = np.random.default_rng(5)
    codes = rng.normal(size=(500, 4))
    target = np.digitize(codes[:, 0] + 0.5 * codes[:, 1] + 0.3 * rng.normal(size=500), [-0.7, 0.7])
    ours = fit(codes, target, 400)
    theirs = [GradientBoostingClassifier(random_state=s).fit(codes[:400], target[:400]) for s in (0, 1)]
    for their in theirs:
        assert ours.importances[0, 0] == pytest.approx(their.feature_importances_, abs=0.01)
        assert ours.train_score[0, 0] == their.score(codes[:400], target[:400])
        assert ours.test_score[0, 0] == pytest.approx(their.score(codes[400:], target[400:]), abs=0.03)


# --- The twin, bit for bit ---

# Ties, and numbers within 1e-7 of each other whose ends are not.
CODE = st.sampled_from([0.0, 6e-8, 1.2e-7, 0.5, 1.0, 1.0 + 2**-23, -3.0]) | st.floats(-2, 2, width=32)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_twin_agrees(data):
    rows, width, factors = (data.draw(st.integers(*ends)) for ends in ((3, 40), (1, 3), (1, 3)))
    train = data.draw(st.integers(2, rows))
    codes = np.array(data.draw(st.lists(CODE, min_size=rows * width, max_size=rows * width))).reshape(rows, width)
    loss = data.draw(st.sampled_from(["classification", "regression"]))
    levels = data.draw(st.sampled_from([2, 3, 11, 100]))
    targets = np.array(
        data.draw(st.lists(st.integers(0, levels - 1), min_size=rows * factors, max_size=rows * factors))
    )
    targets = targets.reshape(rows, factors)
    targets[:2] = [[0], [1]]  # no factor is constant
    options = {"train_rows": train, "loss": loss, "stages": 3, "max_depth": data.draw(st.integers(1, 3))}
    path = _core.cpu.path()
    wanted = boosted_trees(codes, targets, device="reference", **options)
    try:
        for name in _core.cpu.paths():
            _core.cpu.set_path(name)
            assert same(boosted_trees(codes, targets, threads=1, **options), wanted), name
    finally:
        _core.cpu.set_path(path)


@pytest.mark.parametrize("loss", ["classification", "regression"])
def test_twin_agrees_on_more_rows(loss):
    # Codes with few ties, with many, and so close to each other that what is equal depends on the node.
    rng = np.random.default_rng(3)
    few, many, close = rng.normal(size=700), rng.normal(size=700).round(1), rng.random(700)
    few[1::20] = few[::20]
    targets = np.digitize(few + many + 2 * close + 0.2 * rng.normal(size=700), [0, 1, 2])[:, None]
    codes = np.stack([few, many, 1e-6 * close], axis=1)
    options = {"train_rows": 600, "loss": loss, "stages": 12}
    ours = boosted_trees(codes, targets, **options)
    assert same(ours, boosted_trees(codes, targets, device="reference", **options))
    assert (ours.importances > 0).all()


@pytest.mark.parametrize("device", BACKENDS)
def test_equal_codes_are_not_parted_by_hand(device):
    # Values step from 0 to 1 between rows 31 and 32 of 64, whose codes are equal. Next best are 31 and 33 rows on the
    # left, s = -15.5 for both: the lower threshold is taken, and the right's mean is 32 / 33.
    codes = np.arange(64.0)
    codes[32] = 31
    found = fit(codes, np.arange(64) // 32, loss="regression", stages=1, max_depth=1, learning_rate=1.0, device=device)
    assert found.predictions[0, 0] == pytest.approx([0.0] * 31 + [32 / 33] * 33, abs=1e-15)


@pytest.mark.parametrize("pairs", [8, 60])
def test_twin_agrees_where_the_best_splits_would_part_equal_codes(pairs):
    # Two codes, both with steps of the target amid pairs of equal codes: few pairs, or many.
    rng = np.random.default_rng(pairs)
    codes, target = np.empty((200, 2)), 0.01 * rng.normal(size=200)
    for column in range(2):
        order = rng.permutation(200)
        codes[order, column] = np.arange(200.0)
        for at in rng.choice(np.arange(1, 198, 2), pairs, replace=False):
            codes[order[at + 1], column] = at
            target[order[at + 1 :]] += rng.choice([-1.0, 1.0])
    options = {"loss": "regression", "stages": 12}
    assert same(fit(codes, target, **options), fit(codes, target, device="reference", **options))


# --- Nothing but the data counts ---


def mixed(models=3, rows=120):
    """Codes and 5 factors of 2, 3, 12, 20 and 2 labels: 37 lanes, 5 groups."""
    rng = np.random.default_rng(1)
    codes = rng.normal(size=(models, rows, 3))
    codes[:, :, 1] = codes[:, :, 1].round(1)
    targets = np.stack([rng.permutation(np.arange(rows) % c) for c in (2, 3, 12, 20, 2)], axis=1)
    return codes, targets


def test_threads_and_paths_do_not_show():
    codes, targets = mixed()
    wanted = boosted_trees(codes, targets, train_rows=100, stages=4, threads=1)
    path = _core.cpu.path()
    try:
        for name in _core.cpu.paths():
            _core.cpu.set_path(name)
            for threads in (1, 2, 3, 7):
                for part in (slice(None), slice(1)):
                    found = boosted_trees(codes[part], targets, train_rows=100, stages=4, threads=threads)
                    assert found.importances.tobytes() == wanted.importances[part].tobytes()
                    assert found.predictions.tobytes() == wanted.predictions[part].tobytes()
    finally:
        _core.cpu.set_path(path)


def test_models_and_factors_do_not_know_of_each_other():
    codes, targets = mixed()
    together = boosted_trees(codes, targets, train_rows=100, stages=4)
    for b in range(len(codes)):
        for k in range(targets.shape[1]):
            alone = fit(codes[b], targets[:, k], 100, stages=4)
            assert np.array_equal(alone.importances[0, 0], together.importances[b, k])
            assert np.array_equal(alone.predictions[0, 0], together.predictions[b, k])


def test_only_order_and_spacing_of_labels_are_kept():
    codes, targets = mixed(1)
    plain = boosted_trees(codes, targets, train_rows=100, stages=4)
    renamed = boosted_trees(codes, 10 * targets.astype(np.int64) - 2**40, train_rows=100, stages=4)
    assert np.array_equal(plain.importances, renamed.importances)
    assert np.array_equal(10 * plain.predictions - 2**40, renamed.predictions)


# --- Columns and rows of all kinds ---


@pytest.mark.parametrize("device", BACKENDS)
def test_copies_of_a_column_share_its_importance(device):
    rng = np.random.default_rng(2)
    x, other = rng.normal(size=(2, 200))
    target = np.digitize(x + 0.5 * other, [-0.5, 0.5])
    stages = 100 if device == "cpu" else 20
    alone = fit(np.stack([x, other], 1), target, 150, stages=stages, device=device).importances[0, 0]
    # A copy, and one that is bent but of the same order.
    found = fit(np.stack([x, x, other, np.exp(other)], 1), target, 150, stages=stages, device=device).importances[0, 0]
    assert found.reshape(2, 2).sum(axis=1) == pytest.approx(alone, abs=0.02)
    assert found[::2] == pytest.approx(alone / 2, rel=0.15)


def test_three_copies_and_scikit_learn():
    rng = np.random.default_rng(3)
    x, other = rng.normal(size=(2, 400))
    target = np.digitize(x + 0.3 * other, [-0.7, 0.0, 0.7])
    codes = np.stack([x, other, 2 * x, rng.normal(size=400), x**3], 1)
    found = fit(codes, target, 400).importances[0, 0]
    models = [GradientBoostingClassifier(random_state=seed).fit(codes, target) for seed in range(2)]
    theirs = np.mean([model.feature_importances_ for model in models], axis=0)
    assert found[[0, 2, 4]].sum() == pytest.approx(theirs[[0, 2, 4]].sum(), abs=0.01)
    assert found[[0, 2, 4]].min() > 0.2 * found[[0, 2, 4]].sum()
    assert found[[1, 3]] == pytest.approx(theirs[[1, 3]], abs=0.01)


def test_features_take_turns():
    seen = np.zeros((3, 3))
    for stage in range(6):
        turn = reference._turn(stage, 3)
        assert sorted(turn) == [0, 1, 2]
        seen += [[turn.index(a) < turn.index(b) for b in range(3)] for a in range(3)]
    # Each of two comes before the other in half of the stages.
    assert np.array_equal(seen, 3 * (1 - np.eye(3)))


@pytest.mark.parametrize("device", BACKENDS)
@pytest.mark.parametrize("column", [[1.0] * 6, [0, 1e-7, 0, 1e-7, 5e-8, 1e-7], [2.0**25] * 3 + [2.0**25 + 1] * 3])
def test_constant_codes_split_nothing(device, column):
    # Apart by no more than 1e-7, or not at all in float32.
    target = [0, 0, 0, 1, 1, 2]
    found = fit(column, target, stages=3, device=device)
    assert found.importances.tolist() == [[[0.0]]]
    assert found.predictions.tolist() == [[[0] * 6]]
    useful = fit(np.stack([column, np.arange(6.0)], 1), target, stages=3, device=device)
    assert useful.importances.tolist() == [[[0.0, 1.0]]]
    assert useful.train_score == 1.0


@pytest.mark.parametrize("device", BACKENDS)
def test_neighbours_are_those_within_a_node(device):
    # 0, 0.8e-7 and 1.6e-7 are one chain. The root can only be parted by code 1, which takes the middle away: what is
    # left, 0 and 1.6e-7, can be parted.
    codes = [[0.0, 0.0], [0.8e-7, 1.0], [1.6e-7, 0.0]]
    found = fit(codes, [0.0, 50.0, 1.0], loss="regression", stages=1, learning_rate=1.0, device=device)
    assert found.predictions[0, 0] == pytest.approx([0.0, 50.0, 1.0], abs=1e-12)
    assert (found.importances > 0).all()


@pytest.mark.parametrize("device", BACKENDS)
def test_every_row_a_class_of_its_own(device):
    found = fit(np.arange(30.0), np.arange(30) * 7, stages=40, device=device)
    assert found.train_score == 1.0
    assert found.predictions[0, 0].tolist() == [7 * i for i in range(30)]


@pytest.mark.parametrize("device", BACKENDS)
def test_labels_that_training_lacks_are_errors(device):
    found = fit([0, 1, 10, 11, 0, 10, 5], [2, 2, 4, 4, 2, 4, 3], 4, device=device)
    assert found.predictions[0, 0].tolist()[:6] == [2, 2, 4, 4, 2, 4]
    assert (found.train_score[0, 0], found.test_score[0, 0]) == (1.0, 2 / 3)


@pytest.mark.parametrize(
    ("truth", "score"),
    [([5.0], np.nan), ([5.0, 5.0], 0.0), ([1.0, 1.0], 1.0)],
)
def test_r2_of_constant_rows(truth, score):
    # The training rows 1, 1, 3 are told apart exactly at rate 1; the code 0 stands for 1.
    found = fit([0, 0, 1, *(0.0 for _ in truth)], [1.0, 1.0, 3.0, *truth], 3, loss="regression", learning_rate=1.0)
    assert found.train_score == 1.0
    assert np.array_equal(found.test_score[0, 0], score, equal_nan=True)


def test_two_dimensional_codes_are_one_model():
    codes, targets = mixed(1)
    assert same(
        boosted_trees(codes, targets, train_rows=100, stages=2),
        boosted_trees(codes[0], targets, train_rows=100, stages=2),
    )


# --- Bad input ---

GOOD = np.arange(8.0).reshape(4, 2)
LABELS = np.array([[0], [1], [0], [1]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codes": np.zeros(4)}, "codes: must be numbers"),
        ({"codes": np.array([["a"] * 2] * 4)}, "codes: must be numbers"),
        ({"codes": np.zeros((4, 0))}, "codes: needs at least"),
        ({"codes": np.where(GOOD == 5, np.nan, GOOD)}, "codes: model 0, row 2, code 1 is nan"),
        ({"codes": np.where(GOOD == 5, 1e39, GOOD)}, "finite in float32"),
        ({"targets": LABELS[:3]}, "targets: has 3 rows, but codes has 4"),
        ({"targets": LABELS[:, 0]}, "targets: must be numbers"),
        ({"targets": LABELS / 2}, "targets: labels must be whole numbers"),
        ({"targets": LABELS.astype(np.uint64) + np.uint64(2**63)}, "must fit int64"),
        (
            {"targets": np.array([[7], [7], [7], [1]]), "train_rows": 3},
            "factor 0 has the one label 7 in the 3 training",
        ),
        ({"targets": np.ones((4, 1)), "loss": "regression"}, "factor 0 is constant"),
        ({"targets": np.where(LABELS, np.inf, 0.0), "loss": "regression"}, "row 1, factor 0 is inf"),
        ({"train_rows": 1}, "train_rows: must be a whole number from 2 to 4"),
        ({"train_rows": 5}, "train_rows"),
        ({"train_rows": 3.5}, "train_rows"),
        ({"loss": "hinge"}, "loss: 'hinge'"),
        ({"stages": 0}, "stages"),
        ({"stages": True}, "stages"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"max_depth": 4}, "max_depth: must be a whole number from 1 to 3"),
        ({"threads": 0}, "threads"),
        ({"device": "gpu"}, "device"),
    ],
)
def test_bad_input_is_refused(changes, message):
    arguments = {"codes": GOOD, "targets": LABELS, "train_rows": 4, **changes}
    with pytest.raises(InputError, match=message):
        boosted_trees(arguments.pop("codes"), arguments.pop("targets"), **arguments)


def test_what_needs_too_much_memory_is_refused():
    # 16 bytes for each of N rows and N classes, N rounded up to 8: 11585 is the first N beyond 2^31.
    rows = 11_585
    with pytest.raises(InputError, match=r"targets: 11585 trees a stage on 11585 rows need 2\.0 GiB"):
        boosted_trees(np.zeros((rows, 1)), np.arange(rows)[:, None], train_rows=rows)
