"""Designs: exact sizes, disjoint splits, stated correlations, held-out combinations."""

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from synthkit.errors import InputError
from synthkit.plan import make_plan
from synthkit.plan.sizes import apportion, limited
from synthkit.recipe.load import from_data, load_recipe


def plan_of(data, **changes):
    return make_plan(from_data(data | changes, "test"))


def cells(plan, split):
    return [tuple(row) for row in plan.rows(split, 0, plan.sizes[split]).indices.tolist()]


def test_a_grid_is_cut_into_exact_disjoint_splits(data):
    plan = plan_of(data)
    assert plan.sizes == {"train": 48, "validation": 6, "test": 6}
    seen = Counter(cell for split in plan.sizes for cell in cells(plan, split))
    assert len(seen) == 60
    assert set(seen.values()) == {1}


def test_values_and_indices_agree(data):
    plan = plan_of(data)
    rows = plan.rows("train", 0, 48)
    for k, factor in enumerate(plan.recipe.factors):
        assert rows.values[factor.name].tolist() == factor.at(rows.indices[:, k]).tolist()
    assert rows.ids[:2] == ["train-00000000", "train-00000001"]


def test_order_without_shuffling(data):
    plan = plan_of(data, design={"kind": "grid", "shuffle": False}, splits={"train": 1.0})
    expected = [(w, a, f) for w in range(3) for a in range(4) for f in range(5)]
    assert cells(plan, "train") == expected


def test_splits_have_an_order_of_their_own(data):
    plan = plan_of(data, splits={"zebra": 6, "test": 6, "ape": 6, "train": 12})
    assert list(plan.sizes) == ["train", "test", "ape", "zebra"]


@pytest.mark.parametrize("name", ["syntone", "syntone_plus", "syntone_paper", "syntone_small"])
def test_rows_do_not_depend_on_how_they_are_asked_for(name):
    plan = make_plan(load_recipe(name))
    split = next(iter(plan.sizes))
    whole = plan.rows(split, 0, 300)
    for first, count in ((0, 1), (7, 100), (299, 1)):
        part = plan.rows(split, first, count)
        assert np.array_equal(part.indices, whole.indices[first : first + count])
        for name_ in whole.values:
            assert np.array_equal(part.values[name_], whole.values[name_][first : first + count])


@pytest.mark.parametrize(
    "design",
    [
        {"kind": "grid"},
        {"kind": "random", "size": 50},
        {"kind": "latin_hypercube", "size": 50},
        {"kind": "correlated", "size": 50, "factors": ["amplitude", "frequency"], "correlation": 0.5},
    ],
)
def test_a_limit_takes_the_first_of_each_split(data, design):
    full = plan_of(data, design=design)
    cut = plan_of(data, design=design | {"limit": 20})
    assert sum(cut.sizes.values()) == 20
    assert cut.sizes == {"train": 16, "validation": 2, "test": 2}
    for split, size in cut.sizes.items():
        assert cells(cut, split) == cells(full, split)[:size]


@given(total=st.integers(0, 10**12), weights=st.lists(st.floats(0.001, 1.0), min_size=1, max_size=9))
def test_apportion_is_exact_and_fair(total, weights):
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < 1 + 1e-3


@given(sizes=st.lists(st.integers(1, 1000), min_size=1, max_size=6), limit=st.integers(1, 3000))
def test_limits_are_exact(sizes, limit):
    named = {str(i): size for i, size in enumerate(sizes)}
    cut = limited(named, limit)
    assert sum(cut.values()) == min(limit, sum(sizes))
    assert all(0 < cut[name] <= named[name] for name in cut)


def test_a_random_design_over_levels_draws_without_replacement(data):
    plan = plan_of(data, design={"kind": "random", "size": 55})
    seen = [cell for split in plan.sizes for cell in cells(plan, split)]
    assert len(seen) == len(set(seen)) == 55
    with pytest.raises(InputError, match="61 examples are asked for, but the grid has 60"):
        plan_of(data, design={"kind": "random", "size": 61})


def test_seeds_and_names_change_the_draw(data):
    base, other, renamed = plan_of(data), plan_of(data, seed=8), plan_of(data, name="tiny2")
    assert cells(base, "train") != cells(other, "train")
    assert cells(base, "train") != cells(renamed, "train")


def continuous(data, n, **design):
    factors = [
        {"type": "uniform", "name": "amplitude", "low": 0.1, "high": 0.7},
        {"type": "uniform", "name": "frequency", "low": 200.0, "high": 1000.0},
        {"type": "uniform", "name": "phase", "low": 0.0, "high": 6.0},
    ]
    return plan_of(data, factors=factors, design={"size": n} | design)


def columns(plan, split):
    rows = plan.rows(split, 0, plan.sizes[split])
    return {name: values.astype(float) for name, values in rows.values.items()}


def test_a_latin_hypercube_uses_each_stratum_once(data):
    n = 2000
    plan = continuous(data, n, kind="latin_hypercube")
    for name, low, high in (("amplitude", 0.1, 0.7), ("frequency", 200.0, 1000.0)):
        values = np.concatenate([columns(plan, split)[name] for split in plan.sizes])
        strata = np.floor((values - low) / (high - low) * n).astype(int)
        assert len(np.unique(strata)) >= n - 2  # rounding at a border may move one to its neighbour
        assert values.min() >= low
        assert values.max() <= high


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.3, 0.8])
def test_the_stated_rank_correlation_is_met(data, correlation):
    plan = continuous(data, 50_000, kind="correlated", factors=["amplitude", "frequency"], correlation=correlation)
    found = columns(plan, "train")
    assert abs(stats.spearmanr(found["amplitude"], found["frequency"]).statistic - correlation) < 0.02
    assert abs(stats.spearmanr(found["amplitude"], found["phase"]).statistic) < 0.02
    # Each of the two alone stays uniform.
    assert stats.kstest((found["frequency"] - 200) / 800, "uniform").pvalue > 1e-4


def test_correlation_in_some_splits_only(data):
    plan = continuous(
        data, 20_000, kind="correlated", factors=["amplitude", "frequency"], correlation=0.9, splits=["train"]
    )
    train, test = columns(plan, "train"), columns(plan, "test")
    assert stats.spearmanr(train["amplitude"], train["frequency"]).statistic > 0.85
    assert abs(stats.spearmanr(test["amplitude"], test["frequency"]).statistic) < 0.1


HELD = {"train": 0.9, "validation": 0.1, "test": "held_out"}


def test_held_out_combinations_are_in_the_test_split_alone(data):
    held = [["square", 0.1], ["sine", 0.7]]
    plan = plan_of(
        data, splits=HELD, design={"kind": "held_out", "factors": ["waveform", "amplitude"], "combinations": held}
    )
    assert plan.sizes == {"train": 45, "validation": 5, "test": 10}
    for split in plan.sizes:
        rows = plan.rows(split, 0, plan.sizes[split])
        pairs = {
            (w, round(a, 9)) for w, a in zip(rows.values["waveform"], rows.values["amplitude"].tolist(), strict=True)
        }
        if split == "test":
            assert pairs == {("square", 0.1), ("sine", 0.7)}
        else:
            assert not pairs & {("square", 0.1), ("sine", 0.7)}
    seen = [cell for split in plan.sizes for cell in cells(plan, split)]
    assert len(seen) == len(set(seen)) == 60


def test_a_held_out_fraction_leaves_every_value_in_training(data):
    design = {"kind": "held_out", "factors": ["frequency", "waveform"], "fraction": 0.3}
    plan = plan_of(data, splits=HELD, design=design)
    train, test = np.array(cells(plan, "train")), np.array(cells(plan, "test"))
    pairs = lambda a: {tuple(row) for row in a[:, [0, 2]].tolist()}  # noqa: E731
    assert not pairs(train) & pairs(test)
    assert len(pairs(test)) == round(0.3 * 15)
    assert set(train[:, 0]) == {0, 1, 2}
    assert set(train[:, 2]) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("design", "message"),
    [
        (
            {"factors": ["waveform", "amplitude"], "combinations": [["cube", 0.1]]},
            "'cube' is not a value of factor 'waveform'",
        ),
        ({"factors": ["waveform", "amplitude"], "combinations": [["sine"]]}, "has 1 values for 2 factors"),
        ({"factors": ["waveform", "pitch"], "fraction": 0.1}, "no factor is named 'pitch'"),
        ({"factors": ["waveform", "amplitude"], "fraction": 0.95}, "design.fraction: 11 of 12 combinations cannot"),
        (
            {"factors": ["waveform", "amplitude"], "combinations": [["sine", a] for a in (0.1, 0.3, 0.5, 0.7)]},
            "waveform = 'sine' would occur in no other split",
        ),
    ],
)
def test_wrong_held_out_designs(data, design, message):
    data["factors"][1] = {"type": "values", "name": "amplitude", "values": [0.1, 0.3, 0.5, 0.7]}
    with pytest.raises(InputError) as caught:
        plan_of(data, splits=HELD, design={"kind": "held_out"} | design)
    assert message in str(caught.value)


@pytest.mark.parametrize("design", ["random", "latin_hypercube"])
def test_a_billion_examples_are_planned_at_once(data, design):
    started = time.process_time()
    plan = continuous(data, 10**9, kind=design)
    last = plan.rows("train", plan.sizes["train"] - 3, 3)
    assert plan.num_examples == 10**9
    assert len(last) == 3
    assert time.process_time() - started < 5


def test_rows_outside_are_refused(data):
    plan = plan_of(data)
    with pytest.raises(InputError, match="no split is named 'dev'"):
        plan.rows("dev", 0, 1)
    with pytest.raises(InputError, match="outside of 0 to 48"):
        plan.rows("train", 40, 9)
