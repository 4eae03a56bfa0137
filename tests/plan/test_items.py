"""Items of finite pools, repeated combinations, and strata of some factors only."""

import re
from collections import Counter

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.plan import make_plan
from synthkit.recipe.load import from_data
from synthkit.records import Pool

ONE = {name: Pool("all", 100) for name in ("train", "test")}
TWO = {"train": Pool("train", 80), "validation": Pool("train", 80), "test": Pool("test", 30)}


def recipe(**changes):
    data = {"name": "stock", "generator": "any", "design": {"kind": "random"}, "splits": {"train": 0.8, "test": 0.2}}
    return from_data({**data, **changes}, "test")


def items(plan, split):
    return plan.rows(split, 0, plan.sizes[split]).item.tolist()


def test_all_items_once():
    plan = make_plan(recipe(), pools=ONE, repeatable=True)
    assert plan.sizes == {"train": 80, "test": 20}
    assert sorted(items(plan, "train") + items(plan, "test")) == list(range(100))
    assert items(plan, "train") != sorted(items(plan, "train"))
    assert items(plan, "train")[30:33] == plan.rows("train", 30, 3).item.tolist()
    other = make_plan(recipe(seed=1), pools=ONE, repeatable=True)
    assert items(other, "train") != items(plan, "train")


def test_each_pool_is_shared_out_among_its_own_splits():
    splits = {"train": 0.6, "validation": 0.2, "test": 0.2}
    plan = make_plan(recipe(splits=splits), pools=TWO, repeatable=True)
    assert plan.sizes == {"train": 60, "validation": 20, "test": 30}
    assert sorted(items(plan, "train") + items(plan, "validation")) == list(range(80))
    assert sorted(items(plan, "test")) == list(range(30))


def test_numbers_of_examples():
    splits = {"train": 50, "validation": 10, "test": 30}
    plan = make_plan(recipe(splits=splits), pools=TWO, repeatable=True)
    assert plan.sizes == splits
    assert len({*items(plan, "train"), *items(plan, "validation")}) == 60


def test_a_size_draws_some():
    plan = make_plan(recipe(design={"kind": "random", "size": 10}), pools=ONE, repeatable=True)
    assert plan.sizes == {"train": 8, "test": 2}
    whole = make_plan(recipe(), pools=ONE, repeatable=True)
    assert items(plan, "train") == items(whole, "train")[:8]


WANTED = [
    (ONE, {"train": 80, "test": 21}, 101, "101 different examples are asked for (train, test), but only 100 exist"),
    (ONE, {"train": 80, "test": 21}, None, "101 examples are asked for, but pool 'all' has 100"),
    (
        TWO,
        {"train": 70, "validation": 11, "test": 1},
        82,
        "81 different examples are asked for (train, validation), but only 80 exist in part 'train'",
    ),
]


@pytest.mark.parametrize(("pools", "splits", "size", "message"), WANTED)
def test_more_than_there_are(pools, splits, size, message):
    wanted = recipe(splits=splits, design={"kind": "random", "size": size})
    with pytest.raises(InputError, match=re.escape(message)):
        make_plan(wanted, pools=pools, repeatable=True)


def test_no_size_needs_a_pool():
    with pytest.raises(InputError, match=r"design\.size: is missing"):
        make_plan(recipe(), repeatable=True)


COLOURS = {"type": "categorical", "name": "colour", "values": ["red", "green"]}
SIZES = {"type": "integers", "name": "size", "low": 2, "high": 10, "step": 4}


def test_combinations_repeat():
    plan = make_plan(recipe(factors=[COLOURS, SIZES], design={"kind": "grid", "repeats": 5}), repeatable=True)
    assert plan.num_examples == 30
    counts = Counter()
    for split in plan.sizes:
        values = plan.rows(split, 0, plan.sizes[split]).values
        counts.update(zip(values["colour"].tolist(), values["size"].tolist(), strict=True))
    assert counts == {(colour, size): 5 for colour in ("red", "green") for size in (2, 6, 10)}


def test_repeats_need_examples_that_differ():
    with pytest.raises(InputError, match=r"design\.repeats: must be 1"):
        make_plan(recipe(factors=[COLOURS], design={"kind": "grid", "repeats": 2}))


def test_repeatable_factors_are_drawn_with_replacement():
    design = {"kind": "random", "size": 1000}
    plan = make_plan(recipe(factors=[COLOURS], design=design), repeatable=True)
    counts = Counter(plan.rows("train", 0, 800).values["colour"].tolist())
    assert 340 < counts["red"] < 460
    with pytest.raises(InputError, match="the grid has 2 combinations"):
        make_plan(recipe(factors=[COLOURS], design=design))


def test_some_factors_are_stratified_and_others_drawn():
    design = {"kind": "latin_hypercube", "size": 600, "factors": ["size"]}
    plan = make_plan(recipe(factors=[COLOURS, SIZES], design=design), repeatable=True)
    values = [plan.rows(split, 0, size).values for split, size in plan.sizes.items()]
    assert Counter(np.concatenate([v["size"] for v in values]).tolist()) == {2: 200, 6: 200, 10: 200}
    reds = Counter(np.concatenate([v["colour"] for v in values]).tolist())["red"]
    assert reds != 300
    assert 240 < reds < 360
    with pytest.raises(InputError, match="no factor is named 'weight'"):
        recipe(factors=[SIZES], design={**design, "factors": ["weight"]})


def test_no_factors_at_all():
    plan = make_plan(recipe(design={"kind": "random", "size": 10}), repeatable=True)
    rows = plan.rows("train", 2, 3)
    assert (len(rows), rows.values, rows.indices.shape, rows.item) == (3, {}, (3, 0), None)
