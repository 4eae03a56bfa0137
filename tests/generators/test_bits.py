"""Bit memory and bit xor."""

import re

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.recipe.load import from_data, load_recipe
from synthkit.run import open_task, prepare


def task(generator, design=None, **params):
    data = {
        "name": "bits",
        "generator": generator,
        "params": params,
        "design": {"kind": "random", **(design or {})},
        "splits": {"train": 0.75, "test": 0.25},
    }
    return open_task(from_data(data, "test"))


def test_memory_recalls_a_shown_pattern():
    found = task("bit_memory", {"size": 200}, bits=40, patterns=4, mask=0.3)
    hidden, asked, ones = [], [], []
    for example in found.stream("train"):
        *shown, query = [part.split() for part in example.input.split(" | ")]
        assert [len(part) for part in (*shown, query)] == [40] * 5
        answer = example.target.split()
        assert shown[example.factors["pattern"]] == answer
        assert all(q in ("?", a) for q, a in zip(query, answer, strict=True))
        matches = sum(all(q in ("?", s) for q, s in zip(query, part, strict=True)) for part in shown)
        assert example.factors["matches"] == matches
        assert example.factors["hidden"] == query.count("?")
        hidden.append(query.count("?"))
        asked.append(example.factors["pattern"])
        ones.append(sum(part.count("1") for part in shown))
    assert abs(np.mean(hidden) - 12) < 3 * np.sqrt(40 * 0.21 / 150)
    assert set(asked) == {0, 1, 2, 3}
    assert abs(np.mean(ones) - 80) < 3 * np.sqrt(160 / 4 / 150)


def test_memory_has_the_published_sizes():
    example = open_task(load_recipe("bit_memory")).example(0)
    assert [len(part.split()) for part in example.input.split(" | ")] == [1000] * 6
    assert example.factors["matches"] == 1


def test_memory_factors_vary():
    data = {
        "name": "bits",
        "generator": "bit_memory",
        "factors": [
            {"type": "integers", "name": "bits", "low": 4, "high": 20},
            {"type": "integers", "name": "patterns", "low": 1, "high": 3},
            {"type": "values", "name": "mask", "values": [0.0, 1.0]},
        ],
        "design": {"kind": "random", "size": 100},
    }
    for example in open_task(from_data(data, "test")).stream():
        *shown, query = [part.split() for part in example.input.split(" | ")]
        assert len(shown) == example.factors["patterns"]
        assert len(query) == len(example.target.split()) == example.factors["bits"]
        assert query.count("?") == (len(query) if example.factors["mask"] else 0)


def test_xor_is_all_there_is():
    found = task("bit_xor", bits=3, patterns=3)
    examples = [example for split in found.sizes for example in found.stream(split)]
    assert found.sizes == {"train": 384, "test": 128}
    assert len({example.input for example in examples}) == 2**9
    for example in examples:
        parts = [[int(bit) for bit in part.split()] for part in example.input.split(" | ")]
        assert example.target == " ".join(str(sum(column) % 2) for column in zip(*parts, strict=True))
        assert example.factors["ones"] == example.target.count("1")


def test_xor_explanations():
    found = task("bit_xor", explanation="full")
    for example in found.examples(0, 50):
        assert found.check(example.rationale, example).ok
        assert found.score(example.rationale, example) == 1
        for number in re.finditer(r"\d", example.rationale):
            other = str((int(number[0]) + 1) % 10)
            wrong = example.rationale[: number.start()] + other + example.rationale[number.end() :]
            verdict = found.check(wrong, example)
            assert (verdict.ok, verdict.step) == (False, wrong[: number.start()].count("\n") + 1)
    by_hand = "bit 1: 0 xor 1 = 1\nbit 2: 1 xor 1 = 0\nAnswer: 1 0"
    example = task("bit_xor", bits=2).example(0)
    given = type(example)("x", {}, example.factor_indices, "0 1 | 1 1", "1 0", None)
    assert found.explain(given) == by_hand
    with pytest.raises(InputError, match="not patterns of bits"):
        found.explain(type(example)("x", {}, example.factor_indices, "0 1 | 1", "1", None))


def test_scores_are_shares_of_right_bits():
    found = task("bit_xor")
    example = found.example(0)
    given = type(example)("x", {}, example.factor_indices, "", "1 0 1 1", None)
    for said, score in (("1 0 1 1", 1), ("1 0 1 0", 0.75), ("1 0 1", 0.75), ("1 0 1 1 0", 0.8), ("1011", 0), ("", 0)):
        assert found.score(said, given) == score


@pytest.mark.parametrize(
    ("generator", "design", "params", "message"),
    [
        ("bit_xor", {"size": 1025}, {}, "1025 different examples are asked for (train, test), but only 1024 exist"),
        ("bit_xor", {}, {"bits": 32}, "params.bits: bits times patterns must be at most 62, not 64"),
        ("bit_xor", {}, {"patterns": 1}, "params.patterns: must be >= 2, not 1"),
        ("bit_memory", {}, {}, "design.size: is missing"),
        ("bit_memory", {"size": 5}, {"bits": 0}, "params.bits: must be >= 1, not 0"),
        ("bit_memory", {"size": 5}, {"mask": 1.5}, "params.mask: must be <= 1"),
    ],
)
def test_what_cannot_be_is_refused(generator, design, params, message):
    with pytest.raises(InputError, match=re.escape(message)):
        task(generator, design, **params)


def test_memory_of_few_bits_runs_out():
    found = task("bit_memory", {"size": 100}, bits=1, patterns=1)
    with pytest.raises(InputError, match="found nothing new in"):
        prepare(found.recipe).search().all()
