"""Which ListOps trees exist, by closed form, by recurrence and by writing all of them down."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.ops.listops_tables import MANY_TREES, count, feasible, length_range
from synthkit.ops.reference import listops_tables as reference


def _all_trees(operators, min_args, max_args, base, depth, tokens):
    """Each tree of at most this depth and length as text, with its depth and length."""
    if tokens >= 1:
        yield from ((str(value), 0, 1) for value in range(base))
    if depth > 0 and tokens >= 2 + min_args:
        below = list(_all_trees(operators, min_args, max_args, base, depth - 1, tokens - 2))
        for arguments in range(min_args, max_args + 1):
            for children in itertools.product(below, repeat=arguments):
                length = 2 + sum(child[2] for child in children)
                if length <= tokens:
                    inside = " ".join(child[0] for child in children)
                    for name in "ABCDEFG"[:operators]:
                        yield f"[{name} {inside}]", 1 + max(child[1] for child in children), length


def test_length_range_by_hand() -> None:
    assert length_range(0, 2, 5) == (1, 1)
    # One operator: 2 + 2 and 2 + 5 tokens.
    assert length_range(1, 2, 5) == (4, 7)
    # Depth 3, two arguments: the chain [ [ [ 1 1 ] 1 ] 1 ] has 3 operators and 4 values, the full tree 7 and 8.
    assert length_range(3, 2, 2) == (10, 22)
    # A chain of operators with one argument each: 2 tokens an operator and one value.
    assert length_range(4, 1, 1) == (9, 9)
    # 10^9 values, (10^9 - 1) / 9 operators.
    assert length_range(9, 2, 10) == (28, 10**9 + 2 * 111111111)


def test_count_by_hand() -> None:
    small = dict(operators=2, min_args=2, max_args=2, base=3)
    assert count(**small, depth_range=(0, 0), token_range=(1, 1)) == 3
    # Two operators over two of three values.
    assert count(**small, depth_range=(1, 1), token_range=(1, 9)) == 2 * 3 * 3
    # Depth 2: one child is an operator (two places) with 18 forms and the other one of 3 values, or both are operators.
    assert count(**small, depth_range=(2, 2), token_range=(7, 7)) == 2 * 2 * 18 * 3
    assert count(**small, depth_range=(2, 2), token_range=(10, 10)) == 2 * 18 * 18
    assert count(**small, depth_range=(0, 2), token_range=(1, 100)) == 3 + 18 + 216 + 648
    assert count(**small, depth_range=(2, 2), token_range=(8, 9)) == 0
    # An operator over 62 or 63 binary values.
    wide = dict(operators=1, base=2, depth_range=(1, 1), token_range=(1, 100))
    assert count(**wide, min_args=62, max_args=62) == 2**62
    assert count(**wide, min_args=63, max_args=63) == MANY_TREES == 2**63
    assert count(**wide, min_args=61, max_args=62) == 2**61 + 2**62
    assert count(**wide, min_args=1, max_args=62) == 2**63 - 2


@pytest.mark.parametrize(("operators", "arguments", "base"), [(2, (2, 3), 2), (1, (1, 2), 2), (3, (1, 1), 1)])
def test_count_and_feasible_against_all_trees(operators, arguments, base) -> None:
    found = np.zeros((5, 10), np.int64)
    texts = set()
    for text, depth, length in _all_trees(operators, *arguments, base, 4, 9):
        found[depth, length] += 1
        texts.add(text)
    assert len(texts) == found.sum() > 10
    sizes = dict(operators=operators, min_args=arguments[0], max_args=arguments[1], base=base)
    for depth, length in np.ndindex(5, 10):
        if length:
            here = count(**sizes, depth_range=(depth, depth), token_range=(length, length))
            assert here == found[depth, length], (depth, length)
    assert count(**sizes, depth_range=(1, 3), token_range=(4, 8)) == found[1:4, 4:9].sum()
    assert np.array_equal(feasible(*arguments, (0, 4), (1, 9)), found[:, 1:] > 0)


@pytest.mark.parametrize("arguments", [(1, 1), (1, 2), (1, 4), (2, 2), (2, 3), (2, 6), (3, 4), (3, 7), (4, 4), (5, 9)])
def test_feasible_is_the_recurrence(arguments) -> None:
    wanted = reference.feasible(*arguments, 25, 120)
    found = feasible(*arguments, (0, 25), (1, 120))
    assert found.dtype == np.bool_
    assert np.array_equal(found, wanted[:, 1:])
    assert np.array_equal(feasible(*arguments, (3, 7), (11, 90)), wanted[3:8, 11:91])
    for depth, row in enumerate(found):
        shortest, longest = length_range(depth, *arguments)
        assert not row.any() or (
            shortest == row.argmax() + 1 and (longest > 120 or longest == 120 - row[::-1].argmax())
        )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 7), st.integers(1, 256))
def test_count_is_the_recurrence(fewest, more, operators, base) -> None:
    wanted = reference.count(fewest, fewest + more, operators, base, 4, 22)
    sizes = dict(operators=operators, min_args=fewest, max_args=fewest + more, base=base)
    for depth, length in itertools.product(range(5), range(1, 23, 3)):
        found = count(**sizes, depth_range=(depth, depth), token_range=(length, length))
        assert found == min(wanted[depth][length], MANY_TREES)
    total = sum(sum(row[5:]) for row in wanted[1:4])
    assert count(**sizes, depth_range=(1, 3), token_range=(5, 22)) == min(total, MANY_TREES)


@pytest.mark.parametrize(
    ("operators", "base", "arguments", "depths", "tokens"),
    [
        (4, 10, (2, 10), (0, 9), (501, 1999)),
        (1, 1, (2, 10), (0, 9), (501, 1999)),
        (1, 2, (1, 64), (0, 4000), (2000, 4096)),
        (7, 256, (2, 255), (0, 10**6), (1, 10**6)),
    ],
)
def test_large_windows_are_counted_at_once(operators, base, arguments, depths, tokens) -> None:
    start = time.process_time()
    sizes = dict(operators=operators, base=base, min_args=arguments[0], max_args=arguments[1])
    assert count(**sizes, depth_range=depths, token_range=tokens) == MANY_TREES
    assert time.process_time() - start < 1.0


GOOD_COUNT = dict(operators=4, min_args=2, max_args=5, base=10, depth_range=(0, 3), token_range=(1, 20))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(operators=0), "operators: must be a whole number from 1 to 7, not 0"),
        (dict(base=257), "base: must be"),
        (dict(min_args=0), "min_args: must be"),
        (dict(max_args=1), "max_args: must be a whole number from 2 to 255, not 1"),
        (dict(depth_range=(2, 1)), "depth_range: must be a whole number from 2 to"),
        (dict(depth_range=3), "depth_range: must be two numbers"),
        (dict(token_range=(0, 4)), "token_range: must be a whole number from 1"),
        (dict(operators=1, base=1, depth_range=(0, 10**6), token_range=(1, 10**6)), "token_range: .* at most 4096"),
    ],
)
def test_bad_input(change, message) -> None:
    with pytest.raises(InputError, match=message):
        count(**{**GOOD_COUNT, **change})


def test_bad_ranges() -> None:
    with pytest.raises(InputError, match="token_range: must be a whole number from 5 to 4096, not 4"):
        feasible(2, 5, (0, 3), (5, 4))
    with pytest.raises(InputError, match="depth: must be"):
        length_range(-1, 2, 5)
