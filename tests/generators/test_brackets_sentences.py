"""Brackets and sentences: right answers by rules of their own, distributions, bad parameters, the page's examples."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.recipe.load import load_recipe
from synthkit.run import open_task

PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tasks" / "brackets.md").read_text()


def reduced(symbols):
    """What is left of brackets after all matching pairs are struck out, again and again."""
    text = "".join(symbols)
    while True:
        before = text
        for opening, closing in PAIRS.items():
            text = text.replace(opening + closing, "")
        if text == before:
            return text


@pytest.mark.parametrize("kinds", [1, 2, 4])
@pytest.mark.parametrize(("low", "high", "deepest"), [(8, 32, 8), (1, 9, 2), (5, 5, 1000)])
def test_answers_close_all_that_is_open_and_nothing_else(kinds, low, high, deepest):
    sets = [("params", {"kinds": kinds, "min_symbols": low, "max_symbols": high, "max_depth": deepest})]
    sets += [("splits", {"train": 1.0}), ("design.size", 12 if kinds == 1 or high == 5 else 300)]
    if high == 9 and kinds == 1:
        sets.append(("design.size", 8))
    if high == 5 and kinds == 1:
        sets.append(("design.size", 5))
    for example in open_task(load_recipe("brackets", sets)).stream("train"):
        symbols, answer = example.input.split(), example.target.split()
        assert reduced(symbols + answer) == ""
        left = reduced(symbols)
        assert [PAIRS[c] for c in reversed(left)] == answer
        depths = np.cumsum([1 if s in PAIRS else -1 for s in symbols])
        assert example.factors["depth"] == depths.max() <= deepest
        assert example.factors["open"] == depths[-1] == len(answer) >= 1
        assert low <= example.factors["symbols"] == len(symbols) <= high
        assert depths.min() >= 0
        assert set(symbols) <= set("".join(o + PAIRS[o] for o in list(PAIRS)[:kinds]))


def test_brackets_are_drawn_as_the_page_says():
    task = open_task(load_recipe("brackets"))
    examples = task.examples(0, 4000, "train")
    lengths = Counter(e.factors["symbols"] for e in examples)
    assert set(lengths) == set(range(8, 33))
    assert max(lengths.values()) < 1.6 * min(lengths.values())
    openings = Counter(s for e in examples for s in e.input.split() if s in PAIRS)
    assert max(openings.values()) < 1.05 * min(openings.values())


def test_words_of_sentences():
    task = open_task(load_recipe("sentences"))
    examples = task.examples(0, 2000, "train")
    for example in examples:
        sentence, _, place = example.input.rpartition(" : ")
        words = sentence.split(" ")
        assert words[int(place) - 1] == example.target
        assert example.factors["words"] == len(words)
        assert example.factors["place"] == int(place)
        assert 4 <= len(words) <= 12
    places = Counter(e.factors["place"] for e in examples if e.factors["words"] == 4)
    assert set(places) == {1, 2, 3, 4}
    assert len({e.input for e in examples}) == 2000


@pytest.mark.parametrize("name", ["brackets", "sentences"])
def test_scores_and_the_lack_of_explanations(name):
    task = open_task(load_recipe(name))
    example = task.example(0, "test")
    assert task.score(f" {example.target} ", example) == 1.0
    assert task.score(f"{example.target} )", example) == 0.0
    assert task.explain(example) is None
    assert not task.check("anything", example).ok
    assert f"```text\n{example.input}\n```\n\nwith the target `{example.target}`." in PAGE


@pytest.mark.parametrize(
    ("recipe", "change", "message"),
    [
        ("brackets", "params.kinds=5", "params.kinds: must be <= 4"),
        ("brackets", "params.max_depth=1", "params.max_depth: must be >= 2"),
        ("brackets", "params.min_symbols=40", "40 is more than max_symbols, 32"),
        ("sentences", "params.max_words=17", "params.max_words: must be <= 16"),
        ("sentences", "params.min_words=13", "13 is more than max_words, 12"),
        ("sentences", "params.vocabulary=huge", "params.vocabulary"),
    ],
)
def test_parameters_that_cannot_be(recipe, change, message):
    with pytest.raises(InputError, match=message):
        open_task(load_recipe(recipe, [change]))


def test_more_brackets_than_there_are_is_told():
    sets = [
        ("params", {"kinds": 1, "min_symbols": 1, "max_symbols": 2}),
        ("design.size", 50),
        ("splits", {"train": 1.0}),
    ]
    with pytest.raises(InputError, match="train"):
        list(open_task(load_recipe("brackets", sets)).stream("train"))
