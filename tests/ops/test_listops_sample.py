"""`sample` is `choose`, then `draw`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.ops import listops
from synthkit.ops.listops import OPERATORS, Settings, Trees
from synthkit.ops.listops_exact import TableCache
from synthkit.ops.unique import HashSet

STREAM = {"key": 0x0123456789ABCDEF, "split": 0x89ABCDEF}

LRA = Settings()
SHORT = Settings(min_tokens=21, max_tokens=49)
# All operators, more levels and arguments than four bits hold, the largest base.
WIDE = Settings(OPERATORS, 0.05, 1, 40, 256, 1, 40, 3, 3000)
# 3 values and 2 * 9 operators on two values are all trees there are.
TINY = Settings(["MIN", "SM"], 0.5, 2, 2, 3, 0, 1, 1, 4)
ALL = {"lra": LRA, "short": SHORT, "wide": WIDE, "tiny": TINY}


def same(a, b):
    fields = Trees.__dataclass_fields__
    return all(getattr(a, f).dtype == getattr(b, f).dtype for f in fields) and all(
        np.array_equal(getattr(a, f), getattr(b, f)) for f in fields
    )


def check(which, index, **options):
    """`sample` against the two calls that it stands for; both see hashes that were added before."""
    both = options.pop("both", {})
    taken = options.pop("taken", np.empty(0, np.uint64))
    seen = HashSet(), HashSet()
    for each in seen:
        each.add(taken)
    attempt, trees = listops.sample(which, **STREAM, index=index, seen=seen[0], **options, **both)
    wanted = listops.choose(which, **STREAM, index=index, seen=seen[1], **options)
    drawing = {"tables": options["tables"]} if "tables" in options else {}
    assert attempt.dtype == np.uint32
    assert np.array_equal(attempt, wanted)
    assert same(trees, listops.draw(which, **STREAM, index=index, attempt=wanted, **drawing))
    assert len(seen[0]) == len(seen[1]) == len(taken) + len(index)
    return attempt, trees


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("name", ALL)
def test_equals_both_calls(name, threads):
    check(ALL[name], np.arange(21 if name == "tiny" else 150), both={"threads": threads})


@pytest.mark.parametrize("name", ALL)
def test_twin_agrees(name):
    stream = {**STREAM, "index": np.arange(8)}
    found, other = (listops.sample(ALL[name], **stream, device=device) for device in ("cpu", "reference"))
    assert np.array_equal(found[0], other[0])
    assert same(found[1], other[1])


@pytest.mark.parametrize("threads", [1, 3])
def test_rows_take_trees_from_each_other(threads):
    # MIN or SM of two or three values below 10: 100 + 1000 trees each. Of 1900 rows, more than are searched at once,
    # most find their first tree taken, by rows searched with them or before.
    which = Settings(["MIN", "SM"], 1.0, 2, 3, 10, 0, 1, 1, 5)
    attempt, trees = check(which, np.arange(1900), both={"threads": threads})
    assert (attempt > 0).mean() > 0.4
    assert len(np.unique(trees.hash)) == 1900
    assert len(np.unique(np.diff(trees.offsets))) == 2


@given(st.integers(0, 21), st.integers(0, 21))
def test_calls_may_be_cut_anywhere(a, b):
    seen = HashSet()
    pieces = np.split(np.arange(21), sorted((a, b)))
    found = [listops.sample(TINY, **STREAM, index=piece, seen=seen) for piece in pieces]
    attempt, trees = listops.sample(TINY, **STREAM, index=np.arange(21))
    assert np.array_equal(np.concatenate([piece for piece, _ in found]), attempt)
    assert np.array_equal(np.concatenate([piece.nodes for _, piece in found]), trees.nodes)
    assert len(seen) == 21


def test_parts_wanted_values_and_taken_trees():
    index = np.arange(200)
    wanted = np.where(index % 3 == 0, -1, index % 10)
    _, before = check(SHORT, index)
    _, trees = check(SHORT, index, part=(2**62, 2**63), wanted=wanted, taken=np.sort(before.hash))
    assert np.array_equal(trees.value[wanted >= 0], wanted[wanted >= 0])
    assert ((trees.hash >= 2**62) & (trees.hash <= 2**63)).all()
    assert not np.isin(trees.hash, before.hash).any()


def test_tables():
    which = Settings(min_depth=3, max_depth=6, min_tokens=40, max_tokens=90)
    tables = TableCache(max_depth=6, max_tokens=90)
    for threads in (1, 3):
        check(which, np.arange(100), tables=tables, both={"threads": threads})


def test_rows_of_different_lengths():
    # Later rows are far longer than those by which memory is set aside.
    row = np.arange(3000)
    which = Settings(operator_probability=0.3, min_tokens=1 + row // 10, max_tokens=40 + row // 5)
    check(which, row)


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_fails_as_choose_does(device):
    messages = []
    for function in (listops.choose, listops.sample):
        seen = HashSet()
        with pytest.raises(InputError, match=r"row 21 .*500 were seen before") as caught:
            function(TINY, **STREAM, index=np.arange(23), max_attempts=500, seen=seen, device=device)
        messages.append(str(caught.value))
        assert len(seen) == 21
    assert messages[0] == messages[1]


@pytest.mark.parametrize("name", ["lra", "wide"])
def test_no_rows(name):
    attempt, trees = listops.sample(ALL[name], **STREAM, index=np.arange(0))
    assert len(attempt) == len(trees) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wanted": np.array([10, 0])}, "wanted: values must be"),
        ({"part": (2, 1)}, "part: the least hash, 2, is above"),
        ({"seen": set()}, "seen: must be a HashSet, not set"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"threads": 0}, "threads"),
        ({"device": "gpu"}, "device"),
        ({"device": "reference", "tables": TableCache(max_depth=3, max_tokens=20)}, "tables: only device cpu"),
        ({"index": np.array([-1, 0])}, "index"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(InputError, match=message):
        listops.sample(SHORT, **{**STREAM, "index": np.arange(2), **options})
