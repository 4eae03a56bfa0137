"""ListOps datasets: every label, every explanation, exact factors, and what is refused."""

import math
import os
import re
import statistics
from collections import Counter
from itertools import islice

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.recipe.load import from_data, load_recipe, recipe_names
from synthkit.run import open_task, prepare
from synthkit.run.batches import batches
from synthkit.shards.content import text_examples

RECIPES = [name for name in recipe_names() if name.startswith("listops")]
# Of so many examples one is evaluated here, all of them where `make soak` sets it to 1. A prime, so that no cycle of
# labels or lengths is met at one place only.
STRIDE = int(os.environ.get("SYNTHKIT_SOAK_STRIDE", "23"))
FUNCTIONS = {
    "MIN": min,
    "MAX": max,
    "MED": lambda v: int(statistics.median(v)),
    "SM": lambda v: sum(v) % 10,
    "FIRST": lambda v: v[0],
    "LAST": lambda v: v[-1],
    "PM": lambda v: math.prod(v) % 10,
}
FUNCTIONS |= {"SUM": FUNCTIONS["SM"], "MEDIAN": FUNCTIONS["MED"]}


def answer(text):
    """An evaluator that shares no code with the package; also gives tokens, depth and operators."""
    stack, deepest, operators, tokens = [[]], 0, 0, 0
    for word in text.replace("(", "").replace(")", "").split():
        if word[0] == "[":
            stack.append([word[1:]])
            deepest, operators, tokens = max(deepest, len(stack) - 1), operators + 1, tokens + 2
        elif word == "]":
            name, *values = stack.pop()
            stack[-1].append(FUNCTIONS[name](values))
        else:
            stack[-1].append(int(word))
            tokens += 1
    ((value,),) = stack
    return value, tokens, deepest, operators


def base_data(**changes):
    data = {
        "name": "lists",
        "generator": "listops",
        "params": {"min_tokens": 5, "max_tokens": 40},
        "design": {"kind": "random", "size": 200},
        "splits": {"train": 0.8, "test": 0.2},
    }
    for key, value in changes.items():
        data[key] = {**data[key], **value} if isinstance(value, dict) and key == "params" else value
    return data


@pytest.mark.parametrize("name", RECIPES)
def test_every_label_of_a_hundred_thousand(name):
    """All of 100,000 inputs differ; of every `STRIDE`-th: label, length, depth, operators and the explanation."""
    prepared = prepare(load_recipe(name))
    attempts = prepared.search(2).all()
    seen = set()
    for split, size in prepared.plan.sizes.items():
        for batch in batches(prepared.plan, prepared.generator, attempts, split, 0, size):
            seen.update(map(hash, batch.input.tolist()))
            for example in islice(text_examples(batch), 0, None, STRIDE):
                value, tokens, depth, operators = answer(example.input)
                factors = example.factors
                assert example.target == str(value) == str(factors["label"])
                assert (tokens, depth, operators) == tuple(factors[k] for k in ("tokens", "depth", "operator_count"))
                if example.rationale is not None:
                    assert prepared.generator.check(example.rationale, example).ok
                    assert prepared.generator.score(example.rationale, example) == 1
    assert len(seen) == prepared.plan.num_examples >= 18_000


@pytest.mark.parametrize("level", ["long", "medium", "short", "answer"])
def test_every_single_change_of_an_explanation_is_found(level):
    changes = {"explanation": level, "operators": "MIN MAX MED SM FIRST LAST PM"}
    task = open_task(from_data(base_data(params=changes), "test"))
    changed = 0
    for example in task.examples(0, 60):
        assert task.check(example.rationale, example).ok
        lines = example.rationale.split("\n")
        for number in re.finditer(r"\d+", example.rationale):
            for other in {str(int(number[0]) + 1), str(int(number[0]) + 10), "0", "9"} - {number[0]}:
                wrong = example.rationale[: number.start()] + other + example.rationale[number.end() :]
                verdict = task.check(wrong, example)
                assert not verdict.ok
                assert verdict.step == example.rationale[: number.start()].count("\n") + 1
                changed += 1
        for k in range(len(lines)):
            assert not task.check("\n".join(lines[:k] + lines[k + 1 :]), example).ok
            assert not task.check("\n".join([*lines[: k + 1], lines[k], *lines[k + 1 :]]), example).ok
        for k in range(len(lines) - 1):
            if lines[k] != lines[k + 1]:
                swapped = [*lines[:k], lines[k + 1], lines[k], *lines[k + 2 :]]
                assert not task.check("\n".join(swapped), example).ok
    assert changed > 100


def test_balanced_answers():
    task = open_task(from_data(base_data(params={"balanced": True}), "test"))
    for split, size in task.sizes.items():
        labels = [example.target for example in task.stream(split)]
        for first in range(0, size, 10):
            assert len(set(labels[first : first + 10])) == 10
    assert labels[:10] != labels[10:20]


def test_depth_and_length_are_set_apart():
    factors = [
        {"type": "integers", "name": "depth", "low": 2, "high": 4},
        {"type": "integers", "name": "tokens", "low": 18, "high": 30, "step": 4},
    ]
    data = base_data(factors=factors, design={"kind": "grid", "repeats": 10}, params={"explanation": "short"})
    task = open_task(from_data(data, "test"))
    counts = Counter()
    for split in task.sizes:
        for example in task.stream(split):
            _, tokens, depth, _ = answer(example.input)
            assert (depth, tokens) == (example.factors["depth"], example.factors["tokens"])
            counts[depth, tokens] += 1
    assert counts == {(depth, tokens): 10 for depth in (2, 3, 4) for tokens in (18, 22, 26, 30)}


def test_every_factor_can_vary():
    factors = [
        {"type": "integers", "name": "max_args", "low": 2, "high": 6},
        {"type": "categorical", "name": "operators", "values": ["MIN", "MAX SM", "FIRST LAST PM"]},
        {"type": "uniform", "name": "operator_probability", "low": 0.2, "high": 0.6},
        {"type": "values", "name": "base", "values": [2, 10, 16]},
        {"type": "categorical", "name": "explanation", "values": ["none", "short", "long"]},
    ]
    task = open_task(from_data(base_data(factors=factors, params={"max_depth": 6}), "test"))
    probabilities = {"low": [], "high": []}
    for example in task.stream("train"):
        names = set(re.findall(r"\[(\w+)", example.input))
        assert names <= set(example.factors["operators"].split())
        values = [int(word) for word in example.input.split() if word.isdigit()]
        assert max(values) < example.factors["base"]
        assert int(example.target) < example.factors["base"]
        assert (example.rationale is None) == (example.factors["explanation"] == "none")
        if example.rationale:
            assert task.check(example.rationale, example).ok
        share = example.factors["operator_count"] / len(example.input.split())
        probabilities["low" if example.factors["operator_probability"] < 0.4 else "high"].append(share)
    assert np.mean(probabilities["low"]) < np.mean(probabilities["high"])


def test_one_tree_in_three_renderings():
    tasks = [open_task(from_data(base_data(params={"rendering": r}), "test")) for r in ("prefix", "parens", "tokens")]
    for index in range(30):
        prefix, parens, tokens = (task.example(index) for task in tasks)
        assert prefix.target == parens.target == tokens.target
        assert parens.input.replace("(", "").replace(")", "").split() == prefix.input.split()
        ids = [int(word) for word in tokens.input.split()]
        names = {3: "]", 4: "[MIN", 5: "[MAX", 6: "[MED", 7: "[SM", 8: "[FIRST", 9: "[LAST", 10: "[PM"}
        assert [names.get(i, str(i - 11)) for i in ids] == prefix.input.split()
        assert tasks[2].check(tasks[2].explain(tokens), tokens).ok


def test_names_are_a_parameter():
    task = open_task(from_data(base_data(params={"names": {"SM": "SUM", "MED": "MEDIAN"}}), "test"))
    text = " ".join(example.input for example in task.stream("train"))
    assert "[SUM" in text
    assert "[MEDIAN" in text
    assert "[SM" not in text
    assert {example.factors["root"] for example in task.stream("train")} <= {"MIN", "MAX", "MEDIAN", "SUM", "none"}


def test_windows_of_splits():
    data = base_data(params={"windows": {"test": [41, 60]}})
    task = open_task(from_data(data, "test"))
    assert {5 <= e.factors["tokens"] <= 40 for e in task.stream("train")} == {True}
    assert {41 <= e.factors["tokens"] <= 60 for e in task.stream("test")} == {True}


def test_a_share_is_explained():
    params = {"explanation": "long", "explained": 0.25, "explained_splits": ["train"]}
    task = open_task(from_data(base_data(params=params, design={"kind": "random", "size": 2000}), "test"))
    explained = [example.rationale is not None for example in task.stream("train")]
    assert 0.2 < np.mean(explained) < 0.3
    assert [e.factors["explained"] == "yes" for e in task.stream("train")] == explained
    assert all(example.rationale is None for example in task.stream("test"))


WRONG = [
    ({"params": {"tokens": 2000, "depth": 3, "max_args": 2}}, "depth 3 with 2 arguments"),
    ({"params": {"min_args": 6}}, "params.min_args: must be <= max_args (5), not 6"),
    ({"params": {"min_tokens": 50}}, "params.min_tokens: must be <= max_tokens (40), not 50"),
    ({"params": {"max_args": 0}}, "params.max_args: must be >= 1, not 0"),
    ({"params": {"operator_probability": 1.5}}, "params.operator_probability: must be <= 1"),
    ({"params": {"operators": "MIN MUX"}}, "params.operators: must be different ones of MIN MAX MED SM"),
    ({"params": {"names": {"SM": "MAX"}}}, "params.names: two operators have the same name"),
    ({"params": {"names": {"SM": "A B"}}}, "must be named with letters"),
    ({"params": {"windows": {"tset": [5, 9]}}}, "params.windows.tset: no split is named so; there are: train, test"),
    ({"params": {"windows": {"test": [9, 5]}}}, "params.windows.test: must be [fewest, most]"),
    ({"params": {"explained_splits": ["dev"]}}, "params.explained_splits: no split is named 'dev'"),
    ({"params": {"max_depth": 1, "min_tokens": 30, "max_tokens": 40}}, "no tree has 30 to 40 tokens"),
    ({"params": {"max_depth": 0, "min_tokens": 1}}, "10 different inputs exist"),
    ({"design": {"kind": "random", "size": 0}}, "design.size: must be >= 1, not 0"),
    ({"params": {"tokens": -1}}, "params.tokens: must be >= 1, not -1"),
    (
        {"params": {"min_tokens": 300, "max_tokens": 300, "max_args": 3, "operator_probability": 0.1}},
        "only one draw in",
    ),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_what_cannot_be_is_refused_with_a_reason(changes, message, tmp_path):
    with pytest.raises(InputError, match=re.escape(message)):
        prepare(from_data(base_data(**changes), "test"))


def test_more_than_the_draws_find_is_refused_in_the_words_of_a_recipe():
    """MIN of at least five values is hardly ever 9."""
    params = {"balanced": True, "operators": "MIN", "min_args": 5, "max_args": 5, "min_tokens": 12, "max_tokens": 40}
    prepared = prepare(from_data(base_data(params=params), "test"))
    with pytest.raises(InputError, match=r"^recipe lists: splits\.train: row \d+ .* had not the wanted value"):
        prepared.search().all()


def test_factors_that_do_not_go_together():
    factors = [
        {"type": "integers", "name": "depth", "low": 1, "high": 3},
        {"type": "integers", "name": "tokens", "low": 8, "high": 20},
    ]
    data = base_data(factors=factors, design={"kind": "grid", "repeats": 2})
    with pytest.raises(InputError, match="depth 1 with 2 to 5 arguments"):
        prepare(from_data(data, "test"))
