"""Answers and their worth: parsing, steps, baselines, intervals, tables, comparison of runs."""

import itertools
import json
import math

import numpy as np
import pytest
from scipy import stats

from synthkit.dataset import task
from synthkit.errors import InputError
from synthkit.recipe.load import load_recipe
from synthkit.records import FactorInfo, TextExample
from synthkit.train.language.baselines import Baselines
from synthkit.train.language.compare import compare_runs, mcnemar
from synthkit.train.language.intervals import paired_bootstrap, wilson
from synthkit.train.language.judge import Judge
from synthkit.train.language.tables import accuracy, by_factor, by_number, confusion


class Plain:
    """A codec that changes nothing."""

    def encode(self, texts):
        return list(texts)

    def decode(self, ids):
        return ids


class Texts:
    def __init__(self, examples, owner=None, labels=None):
        self.examples, self.task, self.labels, self.split = examples, owner, labels, "test"

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, index):
        return self.examples[index]

    def chunks(self):
        yield self.examples


def text(question, target, rationale=None, **factors):
    return TextExample("test-0", factors, np.zeros(0, np.int64), question, target, rationale)


@pytest.fixture(scope="module")
def listops():
    return task(load_recipe("listops_explained"))


@pytest.fixture(scope="module")
def judge(listops):
    example = text("[SUM 6 [MIN 7 3 ] 9 ]", "8")
    return Judge(Texts([example], listops, listops.layout.labels), Plain(), explains=True), example


RIGHT = "Min, smallest number of [7, 3] is 3\nSUM, add [6, 3, 9], sum is 18, answer is 8\nFinal answer: 8"


def test_the_explanation_by_hand_is_the_task_s_own(listops, judge):
    assert listops.explain(judge[1]) == RIGHT


@pytest.mark.parametrize(
    ("said", "answer", "valid", "correct", "steps_right", "follows"),
    [
        (RIGHT, "8", True, True, 3, True),
        # A wrong step whose consequences are drawn: faithful, but wrong.
        (
            RIGHT.replace("is 3", "is 7")
            .replace("[6, 3, 9]", "[6, 7, 9]")
            .replace("18, answer is 8", "22, answer is 2")
            .replace("answer: 8", "answer: 2"),
            "2",
            True,
            False,
            0,
            True,
        ),
        # Right steps and another answer: not faithful.
        (RIGHT.replace("answer: 8", "answer: 5"), "5", True, False, 2, False),
        # The right answer by wrong steps.
        (RIGHT.replace("[6, 3, 9], sum is 18", "[6, 3, 8], sum is 17"), "8", True, True, 1, True),
        # The last character is right, the answer is not: 18 is no class.
        (RIGHT.replace("answer: 8", "answer: 18"), "18", False, False, 2, False),
        # Nothing, or an answer without steps.
        ("", "", False, False, None, None),
        ("8", "8", True, True, None, None),
        ("The answer is 8", "The answer is 8", False, False, None, None),
        ("Final answer: 8", "8", True, True, 0, False),
        # Cut off before the answer: what is there is no answer.
        (RIGHT[: RIGHT.index("Final")], None, False, False, None, None),
    ],
)
def test_what_a_text_is_worth(judge, said, answer, valid, correct, steps_right, follows):
    found = judge[0].judge([judge[1]], [said])[0]
    if answer is not None:
        assert found.answer == answer
    assert (found.valid, found.correct, found.steps_right, found.follows) == (valid, correct, steps_right, follows)
    assert found.steps == (None if steps_right is None else 3)


def test_steps_are_not_judged_where_the_codec_cannot_write_them(listops, judge):
    class Lower(Plain):
        def decode(self, ids):
            return ids.lower()

    lower = Judge(Texts([judge[1]], listops, listops.layout.labels), Lower(), explains=True)
    assert "cannot write the task's explanations letter by letter" in lower.warnings[0]
    assert lower.judge([judge[1]], [RIGHT])[0].steps is None


def test_a_number_that_no_training_text_has_spoils_nothing(listops, judge):
    """Fresh symbols: right steps may hold one that the model cannot write; its own are judged all the same."""
    from synthkit.train.language.codec import UnknownSymbolError

    class Some(Plain):
        def encode(self, texts):
            for place, text in enumerate(texts):
                if "18," in text:
                    raise UnknownSymbolError("18,", place)
            return texts

    other = text("[MAX 1 2 ]", "2")
    some = Judge(Texts([judge[1], other], listops, listops.layout.labels), Some(), explains=True)
    assert some.warnings == ()
    found = some.judge([judge[1], other], [RIGHT.replace("18,", "17,"), listops.explain(other)])
    assert [f.steps_right for f in found] == [1, 2]
    none = Judge(Texts([judge[1]], listops, listops.layout.labels), Some(), explains=True)
    assert none.warnings


def test_answers_that_are_no_classes_are_compared_as_they_are():
    xor = task(load_recipe("bit_xor"))
    example = xor.example(0)
    judged = Judge(Texts([example], xor), Plain(), explains=False).judge([example, example], [example.target, "1 1"])
    assert [j.correct for j in judged] == [True, False]
    assert [j.valid for j in judged] == [True, True]


def test_wilson_by_hand_and_against_scipy():
    # Brown, Cai, DasGupta 2001: 8 of 10 at 95 %.
    low, high = wilson(8, 10)
    assert low == pytest.approx(0.4901625, abs=1e-6)
    assert high == pytest.approx(0.9433178, abs=1e-6)
    for right, count, confidence in [(0, 7, 0.95), (7, 7, 0.9), (1, 50, 0.99), (37, 400, 0.95)]:
        ci = stats.binomtest(right, count).proportion_ci(confidence, method="wilson")
        assert wilson(right, count, confidence) == pytest.approx((ci.low, ci.high), abs=1e-9)


def test_mcnemar_against_the_binomial_test():
    for a, b in [(0, 0), (3, 3), (1, 9), (12, 2), (0, 5)]:
        expected = 1.0 if a + b == 0 else stats.binomtest(a, a + b).pvalue
        assert mcnemar(a, b) == pytest.approx(expected)


def test_the_paired_bootstrap_covers_the_difference():
    """Its interval is that of the normal approximation of a mean of differences, for many texts."""
    rng = np.random.default_rng(0)
    first = rng.random(4000) < 0.6
    second = np.where(rng.random(4000) < 0.8, first, rng.random(4000) < 0.75)
    gain = second.astype(float) - first
    low, high, p = paired_bootstrap(first, second, resamples=2000, confidence=0.95, seed=1)
    half = 1.96 * gain.std() / math.sqrt(4000)
    assert low == pytest.approx(gain.mean() - half, abs=0.002)
    assert high == pytest.approx(gain.mean() + half, abs=0.002)
    assert p < 0.001
    assert paired_bootstrap(first, first, resamples=500, confidence=0.95, seed=1) == (0.0, 0.0, 1.0)
    again = paired_bootstrap(first, second, resamples=2000, confidence=0.95, seed=1)
    assert again == (low, high, p)
    assert paired_bootstrap(first, second, resamples=2000, confidence=0.95, seed=2) != again


def test_baselines_by_hand():
    train = [text("a b", "x"), text("a c", "x"), text("b", "y"), text("b b b", "z"), text("c b b", "z")]
    tests = [text("a q", "x"), text("b b", "y"), text("q q q", "z"), text("", "x")]
    found = Baselines(Texts(train)).right(tests)
    assert found["majority"].tolist() == [True, False, False, True]  # x and z twice each: the first in the alphabet
    assert found["length"].tolist() == [True, False, True, True]
    assert found["first_symbol"].tolist() == [True, True, False, True]
    assert found["last_symbol"].tolist() == [True, False, False, True]


def test_tables_by_hand():
    right = np.array([True, False, True, True])
    always = {"majority": np.array([False, False, True, True])}
    found = accuracy(right, always, 0.95)
    assert found["accuracy"] == 0.75
    assert found["baselines"] == {"majority": 0.5}
    depth = FactorInfo("depth", "ordinal", "1", "", 3, (1, 2, 3), "int64")
    examples = [text("", "", depth=d) for d in (1, 3, 1, 3)]
    rows = by_factor(depth, examples, right, always, 10, 0.95)
    assert [(r["value"], r["texts"], r["accuracy"], r["baselines"]["majority"]) for r in rows] == [
        ("1", 2, 1.0, 0.5),
        ("3", 2, 0.5, 0.5),
    ]
    table = confusion(["a", "a", "b"], ["a", "b", "?"], ["a", "b"])
    assert table["counts"] == [[1, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize("bins", [2, 3, 7])
def test_ranges_of_a_number_hold_every_text_once(bins):
    values = np.array([5, 5, 5, 5, 5, 5, 1, 2, 3, 9, 9, 12.0])
    right = np.arange(12) % 2 == 0
    rows = by_number(values, right, {}, bins, 0.95)
    assert sum(row["texts"] for row in rows) == 12
    assert sum(row["accuracy"] * row["texts"] for row in rows) == pytest.approx(6)
    assert len(rows) <= bins
    for first, second in itertools.pairwise(rows):
        assert first["to"] < second["from"]


def write_run(path, plan, rows, split="test"):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.mkdir(parents=True)
    (path / "experiment.json").write_text(plan().pretty_json())
    names = ("id", "input", "target", "correct")
    columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    pq.write_table(pa.table({**columns, "split": [split] * len(rows)}), path / "predictions.parquet")
    return path


def test_two_runs_are_compared_text_by_text(plan, tmp_path, command):
    outcomes = [(True, True)] * 50 + [(False, True)] * 14 + [(True, False)] * 2 + [(False, False)] * 34
    rows = [[(f"t-{i}", f"q{i}", "1", pair[k]) for i, pair in enumerate(outcomes)] for k in (0, 1)]
    first, second = (write_run(tmp_path / name, plan, of) for name, of in zip("ab", rows, strict=True))
    found = compare_runs(first, second, resamples=2000)
    assert (found["accuracy_first"], found["accuracy_second"]) == (0.52, 0.64)
    assert found["difference"] == pytest.approx(0.12)
    assert (found["only_first"], found["only_second"]) == (2, 14)
    assert 0.03 < found["low"] < 0.12 < found["high"] < 0.21
    assert found["p_mcnemar"] == pytest.approx(0.00418, abs=1e-4)
    assert found["p_bootstrap"] < 0.02
    said = command("compare", first, second)
    assert said.returncode == 0
    assert "difference +0.120" in said.stdout
    as_json = command("compare", first, second, "--json")
    assert json.loads(as_json.stdout)["only_second"] == 14


def test_runs_that_cannot_be_compared(plan, tmp_path, command):
    one = write_run(tmp_path / "a", plan, [("t-0", "q", "1", True)])
    other = write_run(tmp_path / "b", plan, [("t-0", "q", "2", True)])
    with pytest.raises(InputError, match="answered other texts than"):
        compare_runs(one, other)
    with pytest.raises(InputError, match=r"answered no split 'dev'; there are: test"):
        compare_runs(one, one, split="dev")
    (other / "predictions.parquet").unlink()
    with pytest.raises(InputError, match="holds no answers"):
        compare_runs(one, other)
    done = command("compare", one, tmp_path / "nowhere", check=False)
    assert done.returncode == 2
    assert "holds no training" in done.stderr
