"""Trivial baselines: counted by hand, and against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from synthkit.records import Rows, Strings, TextBatch, TextLayout
from synthkit.run.baselines import TextCounts, merge_texts, text_baselines


def counted(pairs):
    """Counts of one shard of (input, target)."""
    counts = TextCounts()
    index = np.arange(len(pairs))
    rows = Rows("train", index, {}, np.empty((len(pairs), 0), np.int64))
    texts = [Strings.of([pair[k] for pair in pairs]) for k in (0, 1)]
    counts.add(TextBatch(rows, TextLayout(False, None, 10), *texts))
    return counts.as_dict()


TRAIN = [("a 1", "x"), ("a 1", "x"), ("a 1 2 3", "y"), ("b 1", "z"), ("b 1 2 3", "y"), ("c", "x")]
TEST = [("a 1 2 3", "y"), ("b", "z"), ("b 1", "x"), ("d 1 2 3", "y")]


def test_by_hand():
    # Most common: x (3 of 6). After a: x (2 of 3); after b: y and z once each, y first in the alphabet; after c: x.
    # The unseen d gets x.
    found = text_baselines({s: merge_texts([counted(p)]) for s, p in (("train", TRAIN), ("test", TEST))})
    assert found["majority class"] == {"train": 3 / 6, "test": 1 / 4}
    assert found["first token"] == {"train": 4 / 6, "test": 0 / 4}
    # Lengths 2, 2, 4, 2, 4, 1 with x x y z y x: the line says x for short ones, y for four.
    assert found["length only"] == {"train": 5 / 6, "test": 3 / 4}


def test_shards_add_up():
    whole = merge_texts([counted(TRAIN)])
    assert merge_texts([counted(TRAIN[:2]), counted(TRAIN[2:])]) == whole


@pytest.mark.parametrize("seed", [0, 1])
def test_length_only_is_logistic_regression(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 60, 3000)
    classes = np.where(rng.random(3000) < 0.3, rng.integers(0, 4, 3000), np.minimum(lengths // 18, 3))
    pairs = [(" ".join(["t"] * n), str(c)) for n, c in zip(lengths.tolist(), classes.tolist(), strict=True)]
    found = text_baselines({"train": merge_texts([counted(pairs)])})["length only"]["train"]
    z = ((lengths - lengths.mean()) / lengths.std())[:, None]
    expected = LogisticRegression(C=1e6, max_iter=2000).fit(z, classes).score(z, classes)
    assert abs(found - expected) < 0.01
    assert found > 0.5


def test_no_classification_has_no_baselines():
    many = [(f"t {i}", str(i)) for i in range(1001)]
    assert counted(many) == {}
    assert text_baselines({"train": merge_texts([counted(many)])}) == {}
    assert text_baselines({"train": merge_texts([counted(many[:600]), counted(many[600:])])}) == {}
