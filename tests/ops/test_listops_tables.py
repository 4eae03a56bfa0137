"""Tables of ListOps trees: weights by hand and in fractions, the twin, and what every drawn tree must be like."""

from __future__ import annotations

import copy
import itertools
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.listops_tables import TreeTables, acceptance, feasible

LRA = dict(min_args=2, max_args=10, operator_probability=0.25, max_depth=9, max_tokens=1999)
SMALL = dict(min_args=2, max_args=5, operator_probability=0.25, max_depth=4, max_tokens=40)
# Unlikely operators; unlikely values; full trees only; chains; single values only; many arguments, weights out of the
# range of a double.
SETTINGS = [
    SMALL,
    dict(min_args=1, max_args=3, operator_probability=1e-30, max_depth=12, max_tokens=50),
    dict(min_args=2, max_args=12, operator_probability=1 - 2.0**-50, max_depth=6, max_tokens=60),
    dict(min_args=2, max_args=3, operator_probability=1.0, max_depth=3, max_tokens=50),
    dict(min_args=1, max_args=1, operator_probability=0.5, max_depth=30, max_tokens=30),
    dict(min_args=2, max_args=3, operator_probability=0.0, max_depth=2, max_tokens=9),
    dict(min_args=2, max_args=3, operator_probability=0.3, max_depth=0, max_tokens=1),
]


def _exact(m, x) -> Fraction:
    return Fraction(float(m)) * Fraction(2) ** (512 * int(x))


def _distribution(level, min_args, max_args, operator_probability, max_depth, max_tokens):
    """Probability of each (depth, length) of a node at a level, from the process itself."""
    p = Fraction(operator_probability) if level < max_depth else Fraction(0)
    found = {(0, 1): 1 - p}
    if p == 0:
        return found
    child = _distribution(level + 1, min_args, max_args, operator_probability, max_depth, max_tokens)
    row = {(0, 0): Fraction(1)}
    for count in range(1, max_args + 1):
        longer: dict = {}
        for (d, n), a in row.items():
            for (e, m), b in child.items():
                if n + m <= max_tokens - 2:
                    longer[max(d, e), n + m] = longer.get((max(d, e), n + m), 0) + a * b
        row = longer
        if count >= min_args:
            for (d, n), a in row.items():
                found[d + 1, n + 2] = found.get((d + 1, n + 2), 0) + p * a / (max_args - min_args + 1)
    return found


def _measures(nodes):
    """Depth, tokens, numbers of arguments, operators and values of one tree in prefix order."""
    depth, left, arguments, operators, values = 0, [1], [], [], []
    for node in nodes.tolist():
        while left and left[-1] == 0:
            left.pop()
        left[-1] -= 1
        if node & 0x8000:
            arguments.append(node & 0xFF)
            operators.append(node >> 8 & 7)
            left.append(node & 0xFF)
            depth = max(depth, len(left) - 1)
        else:
            values.append(node)
    assert not any(left)
    return depth, len(values) + 2 * len(operators), arguments, operators, values


def _trees(drawn):
    nodes, offsets = drawn
    return [nodes[first:last] for first, last in itertools.pairwise(offsets.tolist())]


def _stream(n, **change):
    return {**dict(key=2**63 + 5, split=3, index=np.arange(n), attempt=0, operators=0b1111, base=10), **change}


def test_weights_by_hand() -> None:
    # Operators with probability 1/4 and two arguments, at most two levels. A value: 3/4. One operator over two values
    # at level 1: 1/4 (3/4)^2 = 9/64. Two levels: values at level 2 have probability 1, so that a child is a value with
    # 3/4 (1 token), an operator with 1/4 (4 tokens): 1/4 * 2 * 3/4 * 1/4 = 6/64 and 1/4 (1/4)^2 = 1/64.
    tables = TreeTables(min_args=2, max_args=2, operator_probability=0.25, max_depth=2, max_tokens=12)
    wanted = np.zeros((3, 13))
    wanted[0, 1], wanted[1, 4], wanted[2, 7], wanted[2, 10] = 48 / 64, 9 / 64, 6 / 64, 1 / 64
    m, x = tables.weights()
    assert np.array_equal(m, wanted)
    assert not x.any()
    assert acceptance(tables, depth_range=(0, 2), token_range=(1, 12)) == 1.0
    assert acceptance(tables, depth_range=(1, 2), token_range=(4, 9)) == 15 / 64


@pytest.mark.parametrize("setting", SETTINGS)
def test_weights_in_fractions(setting) -> None:
    setting = {**setting, "max_tokens": min(setting["max_tokens"], 30)}  # fractions are slow
    m, x = TreeTables(**setting).weights()
    wanted = _distribution(0, **setting)
    for (depth, tokens), probability in wanted.items():
        if probability:
            found = _exact(m[depth, tokens], x[depth, tokens])
            assert abs(found / probability - 1) < Fraction(1, 10**12)
    assert (m > 0).sum() == sum(p > 0 for p in wanted.values())


def test_weights_below_the_range_of_a_double() -> None:
    # A chain of 20 operators with two arguments each: two places for each next operator, values beside the first 19 of
    # probability 1 - p, two at the deepest level of probability 1. The tree has 61 tokens, its probability is 5e-595.
    p = 1e-30
    tables = TreeTables(min_args=2, max_args=2, operator_probability=p, max_depth=20, max_tokens=100)
    m, x = tables.weights()
    wanted = 2**19 * Fraction(p) ** 20 * (1 - Fraction(p)) ** 19
    assert abs(_exact(m[20, 61], x[20, 61]) / wanted - 1) < Fraction(1, 10**12)
    assert acceptance(tables, depth_range=(20, 20), token_range=(1, 100)) == 0.0
    window = dict(min_depth=20, max_depth=20, min_tokens=1, max_tokens=100)
    for tree in _trees(tables.draw(**_stream(20), **window)):
        # All longer ones are 1e30 times less likely.
        assert _measures(tree)[:2] == (20, 61)


@pytest.mark.parametrize(
    "setting",
    [
        dict(min_args=2, max_args=10, operator_probability=0.75, max_depth=9, max_tokens=1500),
        dict(min_args=2, max_args=24, operator_probability=0.99, max_depth=4, max_tokens=1500),
        dict(min_args=2, max_args=2, operator_probability=0.01, max_depth=300, max_tokens=1200),
        LRA,
    ],
)
def test_what_exists_has_weight(setting) -> None:
    m, x = TreeTables(**setting).weights()
    exists = feasible(setting["min_args"], setting["max_args"], (0, setting["max_depth"]), (1, setting["max_tokens"]))
    assert np.array_equal(m[:, 1:] > 0, exists)
    assert x.min() < 0


@pytest.mark.parametrize("setting", SETTINGS)
def test_twin(setting) -> None:
    tables, twin = TreeTables(**setting), TreeTables(**setting, device="reference")
    for found, wanted in zip(tables.weights(), twin.weights(), strict=True):
        assert found.dtype == wanted.dtype
        assert np.array_equal(found, wanted)
    rng, n = np.random.default_rng(5), 60
    possible = np.argwhere(tables.weights()[0] > 0)
    picked = possible[rng.integers(len(possible), size=n)]
    rows = _stream(
        n,
        operators=rng.integers(1, 128, n),
        base=rng.integers(1, 257, n),
        index=rng.integers(0, 2**32, n),
        attempt=rng.integers(0, 2**32, n),
    )
    exact = dict(min_depth=picked[:, 0], max_depth=picked[:, 0], min_tokens=picked[:, 1], max_tokens=picked[:, 1])
    wide = dict(min_depth=0, max_depth=setting["max_depth"], min_tokens=1, max_tokens=setting["max_tokens"])
    # Trees with room for subtrees of all depths below their own.
    depth, tokens = possible[(possible[:, 0] <= 3) & (possible[:, 1] <= 28)][-1]
    roomy = dict(min_depth=depth, max_depth=depth, min_tokens=tokens, max_tokens=tokens)
    for window in (exact, wide, roomy):
        for found, wanted in zip(tables.draw(**rows, **window), twin.draw(**rows, **window), strict=True):
            assert found.dtype == wanted.dtype
            assert np.array_equal(found, wanted)


def test_the_bits_stay() -> None:
    # Written down once; a change breaks recorded datasets.
    nodes, offsets = TreeTables(**SMALL).draw(
        operators=0b1111, base=10, min_depth=2, max_depth=3, min_tokens=12, max_tokens=14, **STAYING
    )
    assert offsets.tolist() == STAYING_OFFSETS
    assert nodes.tolist() == STAYING_NODES


STAYING = dict(key=0x0123456789ABCDEF, split=1, index=[0, 1, 4294967295], attempt=[0, 0, 9])
STAYING_OFFSETS = [0, 11, 21, 32]
STAYING_NODES = [
    33029,
    7,
    33283,
    2,
    33282,
    2,
    7,
    3,
    2,
    9,
    0,
    32772,
    1,
    33026,
    2,
    33539,
    4,
    2,
    6,
    6,
    7,
    33027,
    33029,
    0,
    0,
    3,
    9,
    8,
    2,
    32770,
    3,
    9,
]


@st.composite
def _cases(draw):
    fewest = draw(st.integers(1, 5))
    setting = dict(
        min_args=fewest,
        max_args=draw(st.integers(fewest, fewest + 7)),
        operator_probability=draw(st.floats(1e-30, 1.0, exclude_max=True)),
        max_depth=draw(st.integers(0, 12)),
        max_tokens=draw(st.integers(1, 150)),
    )
    exists = np.argwhere(
        feasible(fewest, setting["max_args"], (0, setting["max_depth"]), (1, setting["max_tokens"]))
    ).tolist()
    rows = draw(st.lists(st.sampled_from(exists), min_size=1, max_size=8))
    return setting, [(depth, tokens + 1) for depth, tokens in rows]


@settings(max_examples=60, deadline=None)
@given(_cases(), st.integers(1, 127), st.integers(1, 256), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_every_tree_is_as_asked(case, operators, base, key, split) -> None:
    setting, rows = case
    depth, tokens = np.array(rows).T
    tables = TreeTables(**setting)
    stream = _stream(len(rows), operators=operators, base=base, key=key, split=split)
    exact = tables.draw(**stream, min_depth=depth, max_depth=depth, min_tokens=tokens, max_tokens=tokens)
    for tree, row in zip(_trees(exact), rows, strict=True):
        found_depth, found_tokens, arguments, names, values = _measures(tree)
        assert (found_depth, found_tokens) == row
        assert all(setting["min_args"] <= n <= setting["max_args"] for n in arguments)
        assert all(operators >> name & 1 for name in names)
        assert all(value < base for value in values)
    wide = tables.draw(
        **stream, min_depth=depth.min(), max_depth=depth.max(), min_tokens=tokens.min(), max_tokens=tokens.max()
    )
    for tree in _trees(wide):
        found_depth, found_tokens = _measures(tree)[:2]
        assert depth.min() <= found_depth <= depth.max()
        assert tokens.min() <= found_tokens <= tokens.max()


def test_long_trees() -> None:
    tables = TreeTables(**LRA)
    tokens = np.arange(501, 2000, 50)
    window = dict(min_depth=9, max_depth=9, min_tokens=tokens, max_tokens=tokens)
    for tree, length in zip(_trees(tables.draw(**_stream(len(tokens)), **window)), tokens, strict=True):
        assert _measures(tree)[:2] == (9, length)


def test_threads_and_batches_do_not_show() -> None:
    tables, n = TreeTables(**SMALL), 1500
    window = dict(min_depth=1 + np.arange(n) % 3, max_depth=3, min_tokens=10, max_tokens=12 + np.arange(n) % 28)
    alone = tables.draw(**_stream(n), **window, threads=1)
    for threads in (2, 3, 7):
        found = tables.draw(**_stream(n), **window, threads=threads)
        assert all(a.tobytes() == b.tobytes() for a, b in zip(alone, found, strict=True))
    some = np.array([1400, 3, 700])
    part = {k: v[some] if isinstance(v, np.ndarray) else v for k, v in {**_stream(n), **window}.items()}
    trees = _trees(alone)
    for row, tree in zip(some, _trees(tables.draw(**part)), strict=True):
        assert np.array_equal(tree, trees[row])


def test_each_word_of_the_stream_counts() -> None:
    tables = TreeTables(**LRA)
    window = dict(min_depth=5, max_depth=9, min_tokens=200, max_tokens=400)
    base = dict(key=1, split=0, index=[0], attempt=0)
    trees = [
        tables.draw(**_stream(1, **{**base, **change}), **window)[0].tobytes()
        for change in ({}, {"key": 2}, {"key": 1 + 2**32}, {"split": 1}, {"index": [1]}, {"attempt": 1})
    ]
    assert len(set(trees)) == len(trees)


def test_handle() -> None:
    handle = TreeTables(**SMALL).handle
    assert _core.listops_tables.weights(handle)[0].shape == (5, 41)
    assert TreeTables(**SMALL, device="reference").handle is None
    with pytest.raises(TypeError):
        _core.listops_tables.weights(np.zeros(3))


def test_no_rows() -> None:
    nodes, offsets = TreeTables(**SMALL).draw(
        **_stream(0, index=[]), min_depth=0, max_depth=1, min_tokens=1, max_tokens=9
    )
    assert nodes.shape == (0,)
    assert nodes.dtype == np.uint16
    assert offsets.tolist() == [0]


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_pickle_and_copy(device) -> None:
    tables = TreeTables(**SMALL, device=device)
    window = dict(min_depth=2, max_depth=3, min_tokens=10, max_tokens=20)
    wanted = tables.draw(**_stream(5), **window)
    for twin in (pickle.loads(pickle.dumps(tables)), copy.deepcopy(tables)):
        assert twin.device == device
        assert all(np.array_equal(a, b) for a, b in zip(twin.draw(**_stream(5), **window), wanted, strict=True))


@pytest.mark.parametrize(
    ("setting", "window", "message"),
    [
        (
            dict(max_args=2),
            (3, 3, 30, 40),
            "^row 1: no tree of depth 3 has 30 to 40 tokens; depth 3 with 2 arguments holds 10 to 22 tokens$",
        ),
        (
            dict(max_args=2),
            (3, 3, 11, 12),
            "no tree of depth 3 has 11 to 12 tokens; .* but not these; the nearest are 10 and 13$",
        ),
        (dict(max_args=2), (2, 4, 5, 5), "depth 2 to 4 with 2 arguments holds 7 to 46 tokens$"),
        (dict(max_args=5), (0, 0, 2, 4), "depth 0 with 2 to 5 arguments holds 1 to 1 tokens"),
        (dict(operator_probability=0.0), (1, 2, 1, 40), "with operator_probability 0 there are single values only"),
        (dict(operator_probability=1.0), (3, 3, 1, 40), "with operator_probability 1 all values lie below 4 operators"),
    ],
)
@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_a_row_without_trees(setting, window, message, device) -> None:
    setting = {**SMALL, "max_tokens": 60, **setting}
    # A window that holds a tree for row 0; with operator_probability 1 that is 16 values under 15 operators.
    possible = {0.0: (0, 0, 1, 1), 1.0: (4, 4, 46, 46)}.get(setting["operator_probability"], (1, 1, 4, 4))
    names = ("min_depth", "max_depth", "min_tokens", "max_tokens")
    rows = {name: np.array(pair) for name, *pair in zip(names, possible, window, strict=True)}
    with pytest.raises(InputError, match=message):
        TreeTables(**setting, device=device).draw(**_stream(2), **rows)


GOOD_DRAW = dict(min_depth=1, max_depth=3, min_tokens=4, max_tokens=20)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(min_depth=[0, 4]), "^min_depth: row 1: 4 is above max_depth, 3"),
        (dict(min_tokens=21), "^min_tokens: row 0: 21 is above max_tokens, 20"),
        (dict(max_tokens=41), "^max_tokens: row 0: must be 1 to 40, not 41"),
        (dict(max_depth=5), "^max_depth: row 0: must be 0 to 4, not 5"),
        (dict(operators=[1, 128]), "^operators: row 1: must be 1 to 127"),
        (dict(base=0), "^base: row 0: must be 1 to 256"),
        (dict(base=2.5), "^base: must be integers"),
        (dict(base=[1, 2, 3]), r"^base: must be an integer or integers \[2\]"),
        (dict(key=-1), "^key: must be"),
        (dict(split=2**32), "^split: must be"),
        (dict(index=[0, 2**32]), "^index: row 1: must be"),
        (dict(index=7), "^index: must be"),
        (dict(attempt=-1), "^attempt: row 0: must be"),
        (dict(threads=0), "^threads: must be"),
    ],
)
def test_bad_rows(change, message) -> None:
    with pytest.raises(InputError, match=message):
        TreeTables(**SMALL).draw(**{**_stream(2), **GOOD_DRAW, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(min_args=0), "^min_args: must be"),
        (dict(max_args=1), "^max_args: must be a whole number from 2 to 64, not 1"),
        (dict(operator_probability=1.5), "^operator_probability: must be 0, or 1e-30 to 1, not 1.5"),
        (dict(operator_probability=float("nan")), "^operator_probability: .* not nan"),
        (dict(operator_probability=1e-40), "^operator_probability"),
        (dict(operator_probability="0.5"), "^operator_probability"),
        (dict(max_depth=513), "^max_depth: must be"),
        (dict(max_tokens=4097), "^max_tokens: must be"),
        (dict(max_args=64, max_depth=100, max_tokens=4096), "^max_tokens: tables .* more than 256; take fewer tokens"),
        (dict(device="gpu"), "^device: 'gpu' is none of: cpu, reference"),
    ],
)
def test_bad_settings(change, message) -> None:
    with pytest.raises(InputError, match=message):
        TreeTables(**{**SMALL, **change})


def test_acceptance_stays_within_the_tables() -> None:
    with pytest.raises(InputError, match="token_range: must be"):
        acceptance(TreeTables(**SMALL), depth_range=(0, 4), token_range=(1, 41))
