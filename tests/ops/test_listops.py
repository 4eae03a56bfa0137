"""Drawing, choosing, measuring and writing ListOps trees: worked by hand, against the twin, and as properties."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops import listops
from synthkit.ops.listops import LEVELS, OPERATORS, STYLES, Settings, Trees
from synthkit.ops.unique import HashSet, hash_strings

KEY, SPLIT = 0x0123456789ABCDEF, 0x89ABCDEF
STREAM = {"key": KEY, "split": SPLIT}

LRA = Settings()
SHORT = Settings(min_tokens=21, max_tokens=49)
SPINN = Settings(max_args=5, max_depth=19, min_tokens=1, max_tokens=1_000_000)
# All operators, more levels and arguments than four bits hold, the largest base.
WIDE = Settings(OPERATORS, 0.05, 1, 40, 256, 1, 40, 3, 3000)
ALL = {"lra": LRA, "short": SHORT, "spinn": SPINN, "wide": WIDE}

MIN, MAX, MED, SM, FIRST, LAST, PM = range(7)


def texts(column):
    offsets, data = column
    return [data.tobytes()[a:b].decode() for a, b in pairwise(offsets)]


def chosen(which, n, **options):
    index = np.arange(n)
    attempt = listops.choose(which, **STREAM, index=index, **options)
    return listops.draw(which, **STREAM, index=index, attempt=attempt)


def same(a, b):
    fields = Trees.__dataclass_fields__
    return all(getattr(a, f).dtype == getattr(b, f).dtype for f in fields) and all(
        np.array_equal(getattr(a, f), getattr(b, f)) for f in fields
    )


def op(which, arguments):
    return 0x8000 | which << 8 | arguments


def tree(nodes, base=10):
    return listops.measure(np.array(nodes, np.uint16), np.array([0, len(nodes)]), base)


# [MAX 2 9 [MIN 4 7 ] 0 ]
EXAMPLE = [op(MAX, 4), 2, 9, op(MIN, 2), 4, 7, 0]


@pytest.mark.parametrize("device", ["cpu", "reference"])
@pytest.mark.parametrize(
    ("which", "values", "result"),
    [
        (MIN, [7, 1, 3], 1),
        (MAX, [7, 1, 3], 7),
        (MED, [7, 1, 3], 3),
        (MED, [9, 4], 6),  # 6.5
        (MED, [8, 6, 9, 6], 7),  # 6 6 8 9: the middle two have mean 7
        (MED, [5], 5),
        (SM, [6, 8, 1, 9, 7, 7], 8),  # 38
        (FIRST, [3, 1], 3),
        (LAST, [3, 1], 1),
        (PM, [4, 9], 6),  # 36
        (PM, [7] * 30, 9),  # 7^4 = 2401 ends with 1, so 7^30 ends like 7^2
        (SM, [9] * 255, 5),  # 2295
    ],
)
def test_operators_by_hand(which, values, result, device):
    nodes = np.array([op(which, len(values)), *values], np.uint16)
    assert listops.measure(nodes, np.array([0, len(nodes)]), 10, device=device).value.tolist() == [result]


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_measures_by_hand(device):
    nodes = np.array([*EXAMPLE, 6], np.uint16)
    trees = listops.measure(nodes, np.array([0, 7, 8]), np.array([10, 7]), device=device)
    assert trees.value.tolist() == [9, 6]
    assert trees.depth.tolist() == [2, 0]
    assert trees.tokens.tolist() == [9, 1]  # 5 values, 2 operators
    assert trees.operators.tolist() == [2, 0]
    assert trees.root.tolist() == [MAX, -1]
    assert trees.base.tolist() == [10, 7]
    data = nodes.astype("<u2").tobytes()
    assert trees.hash.tolist() == hash_strings(np.array([0, 14, 16], np.int32), np.frombuffer(data, np.uint8)).tolist()


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_texts_by_hand(device):
    trees = listops.measure(np.array([*EXAMPLE, 6, op(SM, 1), op(PM, 2), 4, 9], np.uint16), np.array([0, 7, 8, 12]), 10)
    assert texts(listops.render(trees, device=device)) == ["[MAX 2 9 [MIN 4 7 ] 0 ]", "6", "[SM [PM 4 9 ] ]"]
    assert texts(listops.render(trees, "parens", device=device)) == [
        "( ( ( ( ( [MAX 2 ) 9 ) ( ( ( [MIN 4 ) 7 ) ] ) ) 0 ) ] )",
        "6",
        "( ( [SM ( ( ( [PM 4 ) 9 ) ] ) ) ] )",
    ]
    # 4 + operator, 11 + value, 3 for the bracket.
    assert texts(listops.render(trees, "tokens", device=device)) == ["5 13 20 4 15 18 3 11 3", "17", "7 10 15 20 3 3"]
    names = ["LEAST", "GREATEST_OF_THEM_ALL", "M", "S", "F", "L", "P"]
    assert texts(listops.render(trees, "prefix", names, device=device)) == [
        "[GREATEST_OF_THEM_ALL 2 9 [LEAST 4 7 ] 0 ]",
        "6",
        "[S [P 4 9 ] ]",
    ]


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_explanations_by_hand(device):
    nodes = [op(MAX, 4), 2, op(MED, 2), 9, 4, op(FIRST, 2), 3, 1, op(PM, 3), op(LAST, 2), 3, 4, 9, op(SM, 2), 6, 8]
    lines = {
        "short": ["MED = 6", "FIRST = 3", "LAST = 4", "SM = 4", "PM = 4", "MAX = 6"],
        "medium": [
            "MED [9, 4] = 6",
            "FIRST [3, 1] = 3",
            "LAST [3, 4] = 4",
            "SM [6, 8] = 4",
            "PM [4, 9, 4] = 4",
            "MAX [2, 6, 3, 4] = 6",
        ],
        "long": [
            "MED, sorted list, [4, 9], MEDIAN is 6",
            "First, first number of [3, 1] is 3",
            "Last, last number of [3, 4] is 4",
            "SUM, add [6, 8], sum is 14, answer is 4",
            "PROD, multiply [4, 9, 4], product is 144, answer is 4",
            "Max, largest number of [2, 6, 3, 4] is 6",
        ],
        "answer": [],
    }
    for level, steps in lines.items():
        assert texts(listops.explain(tree(nodes), level, device=device)) == ["\n".join([*steps, "Final answer: 6"])]
    three = listops.measure(np.array([1, 2, 3], np.uint16), np.arange(4), 10)
    codes = np.array([-1, LEVELS.index("long"), -1])
    assert texts(listops.explain(three, codes, device=device)) == ["", "Final answer: 2", ""]


def test_first_nodes_by_hand():
    # Random123's published block for counter and key 0 begins with 0x6627E8D5, the first word for key, split, index and
    # attempt 0. With p = 1/2, T = 2^31: w < T is an operator; w n / T = 0.798 * 4 * 9 = 28.7, so pair 28:
    # operator 28 // 9 = 3, SM, arguments 2 + 28 % 9 = 3. With p = 0: floor(w 10 / 2^32) = 3.
    zero = {"key": 0, "split": 0, "index": np.zeros(1, int), "attempt": np.zeros(1, int)}
    any_length = {"min_tokens": 1, "max_tokens": 1_000_000}
    drawn = listops.draw(Settings(operator_probability=0.5, max_depth=1, **any_length), **zero)
    # At the deepest level floor(w 10 / 2^32) of 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8: 8.8, 7.4, 6.1.
    assert drawn.nodes.tolist() == [op(SM, 3), 8, 7, 6]
    assert listops.draw(Settings(operator_probability=0.0, **any_length), **zero).nodes.tolist() == [3]
    # p = 1/4, T = 2^30: w >= T, and (w - T) 10 / (2^32 - T) = (0x6627E8D5 - 2^30) 10 / (3 * 2^30) = 1.99.
    assert listops.draw(Settings(**any_length), **zero).nodes.tolist() == [1]


@pytest.mark.parametrize("name", ALL)
def test_twin_agrees(name):
    which, n = ALL[name], 12
    index = np.array([5, 2**32 - 1, *range(n - 2)])
    attempt = listops.choose(which, **STREAM, index=index)
    trees = listops.draw(which, **STREAM, index=index, attempt=attempt)
    assert same(trees, listops.draw(which, **STREAM, index=index, attempt=attempt, device="reference"))
    assert same(trees, listops.measure(trees.nodes, trees.offsets, trees.base))
    assert same(trees, listops.measure(trees.nodes, trees.offsets, trees.base, device="reference"))
    for style in STYLES:
        assert texts(listops.render(trees, style)) == texts(listops.render(trees, style, device="reference"))
    for level in LEVELS[:3] if name == "wide" else LEVELS:
        assert texts(listops.explain(trees, level)) == texts(listops.explain(trees, level, device="reference"))


probabilities = st.sampled_from([0.0, 2.0**-32, 1e-6, 0.3, 0.9, 1.0 - 2.0**-32, 1.0]) | st.floats(0, 1)


@settings(max_examples=60)
@given(
    st.sets(st.sampled_from(OPERATORS), min_size=1),
    probabilities,
    st.integers(1, 20),
    st.integers(0, 20),
    st.integers(2, 256),
    st.integers(0, 16),
    st.integers(1, 300),
    st.integers(0, 2**32 - 1),
)
def test_twin_agrees_on_any_settings(operators, probability, least, more, base, max_depth, max_tokens, attempt):
    which = Settings(sorted(operators), probability, least, least + more, base, 0, max_depth, 1, max_tokens)
    stream = {**STREAM, "index": np.arange(8), "attempt": np.full(8, attempt, np.uint32)}
    found = [_outcome(which, stream, device) for device in ("cpu", "reference")]
    if isinstance(found[0], str):
        assert found[0] == found[1]
    else:
        assert same(*found)
        assert (found[0].depth <= max_depth).all()
        assert (found[0].tokens <= max_tokens).all()


def _outcome(which, stream, device):
    try:
        return listops.draw(which, **stream, device=device)
    except InputError as error:
        return str(error)


def _random_tree(rng, levels, base):
    if levels == 0 or rng.random() < 0.4:
        return [int(rng.integers(base))]
    count = int(rng.integers(1, 6 if rng.random() < 0.95 else 30))
    return [op(rng.integers(7), count)] + [x for _ in range(count) for x in _random_tree(rng, levels - 1, base)]


def test_twin_agrees_on_any_trees():
    rng = np.random.default_rng(3)
    for base in (2, 10, 15, 16, 256):
        trees = [_random_tree(rng, 5, base) for _ in range(40)]
        nodes = np.array([x for nodes in trees for x in nodes], np.uint16)
        offsets = np.cumsum([0] + [len(nodes) for nodes in trees])
        found = listops.measure(nodes, offsets, base)
        assert same(found, listops.measure(nodes, offsets, base, device="reference"))
        for style in STYLES:
            assert texts(listops.render(found, style)) == texts(listops.render(found, style, device="reference"))


@pytest.mark.parametrize("name", ALL)
def test_threads_and_paths_change_nothing(name):
    which, n = ALL[name], 150
    index = np.arange(n)
    before = _core.cpu.path()
    found = []
    try:
        for path in _core.cpu.paths():
            _core.cpu.set_path(path)
            for threads in (1, 2, 3, 7):
                attempt = listops.choose(which, **STREAM, index=index, threads=threads)
                trees = listops.draw(which, **STREAM, index=index, attempt=attempt, threads=threads)
                written = [a.tobytes() for style in STYLES for a in listops.render(trees, style, threads=threads)]
                told = [a.tobytes() for a in listops.explain(trees, "medium", threads=threads)]
                found.append((attempt.tobytes(), *(v.tobytes() for v in vars(trees).values()), *written, *told))
    finally:
        _core.cpu.set_path(before)
    assert all(each == found[0] for each in found)


# Few trees, so that rows take them from each other: values and operators on two values.
TINY = Settings(["MIN", "SM"], 0.5, 2, 2, 3, 0, 1, 1, 4)


@pytest.mark.parametrize("device", ["cpu", "reference"])
@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_choose_is_the_sequential_rule(threads, device):
    # 3 values and 2 * 9 operators are all trees there are: 21, each taken once.
    index = np.arange(21)
    attempt = listops.choose(TINY, **STREAM, index=index, threads=threads, device=device)
    trees = listops.draw(TINY, **STREAM, index=index, attempt=attempt)
    assert len(set(texts(listops.render(trees)))) == 21
    taken = set()
    for i in range(21):
        t = 0
        while True:
            one = listops.draw(TINY, **STREAM, index=index[i : i + 1], attempt=np.array([t]))
            if one.hash[0] not in taken:
                break
            t += 1
        assert attempt[i] == t
        taken.add(one.hash[0])
    with pytest.raises(InputError, match=r"row 21 .*0 were outside.*0 had not the wanted value, 500 were seen before"):
        listops.choose(TINY, **STREAM, index=np.arange(22), max_attempts=500, threads=threads, device=device)


@given(st.integers(0, 21), st.integers(0, 21))
def test_calls_may_be_cut_anywhere(a, b):
    index = np.arange(21)
    seen = HashSet()
    pieces = np.split(index, sorted((a, b)))
    found = [listops.choose(TINY, **STREAM, index=piece, seen=seen) for piece in pieces]
    assert np.array_equal(np.concatenate(found), listops.choose(TINY, **STREAM, index=index))
    assert len(seen) == 21


def test_rows_of_more_than_one_chunk():
    # 3 * 7 * 8192 trees at least are there (MIN of three values below 57), and chunks are of 8192 rows.
    which = Settings(["MIN"], 1.0, 3, 3, 57, 0, 1, 1, 10)
    index = np.arange(20_000)
    whole = listops.choose(which, **STREAM, index=index, threads=3)
    seen = HashSet()
    parts = [listops.choose(which, **STREAM, index=part, seen=seen) for part in np.array_split(index, 3)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert len(np.unique(listops.draw(which, **STREAM, index=index, attempt=whole).hash)) == len(index)
    assert (whole > 0).any()


def test_parts_are_disjoint_and_hold():
    cut = 2**63
    seen = HashSet()
    low, high = (chosen(SHORT, 300, part=part, seen=seen) for part in ((0, cut - 1), (cut, 2**64 - 1)))
    assert low.hash.max() < cut <= high.hash.min()
    assert len(seen) == 600


def test_wanted_values_hold():
    wanted = np.where(np.arange(200) % 3 == 0, -1, np.arange(200) % 10)
    trees = chosen(SHORT, 200, wanted=wanted)
    asked = wanted >= 0
    assert np.array_equal(trees.value[asked], wanted[asked])
    assert len(np.unique(trees.value[~asked])) > 5


def test_settings_may_differ_from_row_to_row():
    n = 60
    row = np.arange(n)
    which = Settings(
        operators=1 + row % 127,
        operator_probability=0.2 + 0.001 * row,
        max_args=2 + row % 5,
        base=2 + row,
        min_depth=row % 4,
        max_depth=3 + row % 12,
        min_tokens=1 + row,
        max_tokens=100 + row,
    )
    trees = chosen(which, n)
    for i in range(n):
        fields = {k: v if np.ndim(v) == 0 else v[i].item() for k, v in vars(which).items()}
        attempt = listops.choose(Settings(**fields), **STREAM, index=row[i : i + 1])
        one = listops.draw(Settings(**fields), **STREAM, index=row[i : i + 1], attempt=attempt)
        assert np.array_equal(one.nodes, trees.row(i))
        assert one.base[0] == trees.base[i] == 2 + i
    assert ((trees.tokens >= 1 + row) & (trees.tokens <= 100 + row) & (trees.depth >= row % 4)).all()


def test_key_split_and_index_all_matter():
    base = {**STREAM, "index": np.arange(50)}
    changes = [{}, {"key": KEY + 1}, {"key": KEY ^ 2**63}, {"split": SPLIT + 1}, {"index": np.arange(50) + 2**31}]
    found = [listops.choose(SHORT, **(base | change)).tobytes() for change in changes]
    assert len(set(found)) == len(found)


def test_large_trees():
    # A chain of one-argument operators, 100,000 deep, and a tree of about 600,000 nodes.
    deep = Settings(["SM"], 1.0, 1, 1, 10, 0, 100_000, 200_001, 200_001)
    trees = chosen(deep, 1)
    assert (trees.depth[0], trees.tokens[0]) == (100_000, 200_001)
    assert trees.value[0] == trees.nodes[-1]
    assert listops.render(trees, "parens")[0][-1] == 100_000 * len("( ( [SM  ) ] )") + 1
    large = chosen(Settings(max_depth=26, min_tokens=600_000, max_tokens=1_000_000), 1)
    assert 600_000 <= large.tokens[0] <= 1_000_000
    assert same(large, listops.measure(large.nodes, large.offsets, 10))


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([], "row 1 is not one tree: it has no nodes"),
        ([1, 2], r"node 1 \(0x2\) comes after the tree's end"),
        ([10], r"node 0 \(0xa\) is a value that is not below the base"),
        ([0x8701, 1], r"node 0 \(0x8701\) is no operator"),
        ([0x8801, 1], r"node 0 \(0x8801\) is no operator"),
        ([0x8100], r"node 0 \(0x8100\) is an operator without arguments"),
        ([0x8102, 1], "node 1 .* is the last one, but arguments are missing"),
    ],
)
@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_streams_that_are_no_trees_are_refused(nodes, message, device):
    stream = np.array([3, *nodes], np.uint16)
    with pytest.raises(InputError, match=message):
        listops.measure(stream, np.array([0, 1, len(stream)]), 10, device=device)


@pytest.mark.parametrize("nodes", [[], [1, 2], [0x8102, 1], [0x8100], [0x8100, 1], [0x8701, 1], [0x8110, 1]])
def test_trees_that_are_none_are_refused_by_writers(nodes):
    good = tree([1])
    bad = Trees(np.array(nodes, np.uint16), np.array([0, len(nodes)]), *list(vars(good).values())[2:])
    for style in STYLES:
        with pytest.raises(InputError, match="not one tree"):
            listops.render(bad, style)
    with pytest.raises(InputError, match="not one tree"):
        listops.explain(bad, "long")


def test_large_products_are_refused_in_long_explanations():
    # 9^19 < 2^63 < 9^20: nineteen values below 10 fit, twenty may not, whatever they are.
    fits, not_ = tree([op(PM, 19), *[9] * 19]), tree([op(PM, 20), *[1] * 20])
    assert texts(listops.explain(fits, "long"))[0].startswith(f"PROD, multiply {[9] * 19}, product is {9**19}, answer")
    with pytest.raises(InputError, match=r"row 0: a product of 20 values up to 9 .* medium"):
        listops.explain(not_, "long")
    assert texts(listops.explain(not_, "medium")) == [f"PM {[1] * 20} = 1\nFinal answer: 1"]
    assert texts(listops.explain(not_, np.array([-1]))) == [""]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"operators": "MIN"}, "operators: must be a sequence"),
        ({"operators": ["MEAN"]}, "operators: 'MEAN' is none of"),
        ({"operators": []}, "operators: must name"),
        ({"operators": 0}, "operators: must be 1 to 127"),
        ({"operator_probability": 1.5}, "operator_probability: must be 0 to 1"),
        ({"operator_probability": float("nan")}, "operator_probability: nan"),
        ({"min_args": 0}, "min_args: must be 1 to 255, not 0"),
        ({"min_args": 11}, "min_args: must not be above max_args"),
        ({"max_args": 256}, "max_args: must be 1 to 255"),
        ({"base": 1}, "base: must be 2 to 256"),
        ({"base": np.full(5, 10)}, "base: must be one number or 3"),
        ({"base": np.array([10, 10, 300])}, "base: must be 2 to 256, not 300 at row 2"),
        ({"base": 10.0}, "base: must be integers"),
        ({"min_depth": 10}, "min_depth: must not be above max_depth"),
        ({"min_tokens": 0}, "min_tokens: must be 1"),
        ({"max_tokens": 1_000_001}, "max_tokens: must be 1 to 1000000"),
        ({"min_tokens": 2000}, "min_tokens: must not be above max_tokens"),
    ],
)
def test_wrong_settings_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        listops.choose(Settings(**change), **STREAM, index=np.arange(3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": -1}, "key"),
        ({"key": 2**64}, "key"),
        ({"split": 2**32}, "split"),
        ({"index": np.array([0, 2**32])}, "index: must be 0 to 4294967295"),
        ({"index": np.array([-1])}, "index: must be 0"),
        ({"index": np.array([0.5])}, "index: must be integers"),
        ({"index": np.zeros((2, 2), int)}, r"index: must be \[n\]"),
        ({"part": (5, 4)}, "part: the least"),
        ({"part": 5}, "part: must be"),
        ({"part": (0, 2**64)}, "part"),
        ({"wanted": np.array([10, 0])}, "wanted: values must be"),
        ({"wanted": np.array([1])}, r"wanted: must be \[2\]|wanted: must be \[n\]"),
        ({"seen": set()}, "seen: must be a HashSet"),
        ({"threads": 0}, "threads"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_wrong_choices_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        listops.choose(SHORT, **({**STREAM, "index": np.arange(2)} | change))


@pytest.mark.parametrize(
    ("which", "options", "message"),
    [
        (Settings(["MIN"], 0.0, min_tokens=2), {}, r"row 0 \(index 7\): none of 100 .*: 100 were outside"),
        (SPINN, {"part": (3, 3)}, r"0 were outside .* 100 outside of the part.*larger part"),
        (
            Settings(["MIN"], 0.0, base=2, min_tokens=1),
            {"wanted": np.array([1]), "part": (0, 0)},
            "outside of the part",
        ),
        (
            Settings(["PM"], 1.0, 255, 255, 2, 0, 1, 1, 999),
            {"wanted": np.array([1])},
            r"0 were outside .* 0 outside of the part, 100 had not the wanted value, 0 were .*; ask for another",
        ),
    ],
)
def test_rows_that_find_nothing_say_why(which, options, message):
    with pytest.raises(InputError, match=message):
        listops.choose(which, **STREAM, index=np.array([7]), max_attempts=100, **options)


def test_attempts_that_are_not_accepted_are_refused():
    index = np.arange(4)
    attempt = listops.choose(LRA, **STREAM, index=index)
    attempt[2] += 1
    while True:
        try:
            listops.draw(LRA, **STREAM, index=index[2:3], attempt=attempt[2:3])
        except InputError:
            break
        attempt[2] += 1
    with pytest.raises(InputError, match=r"attempt: row 2 \(index 2\)"):
        listops.draw(LRA, **STREAM, index=index, attempt=attempt, threads=2)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["A"], "names: must be 7"),
        ("ABCDEFG", "names: must be 7"),
        (["A", "A", "B", "C", "D", "E", "F"], "different"),
        (["A B", "A", "B", "C", "D", "E", "F"], "spaces or brackets"),
        (["(", "A", "B", "C", "D", "E", "F"], "spaces or brackets"),
        (["", "A", "B", "C", "D", "E", "F"], "1 to 24 bytes"),
        (["x" * 25, "A", "B", "C", "D", "E", "F"], "1 to 24 bytes"),
    ],
)
def test_wrong_names_are_refused(names, message):
    with pytest.raises(InputError, match=message):
        listops.render(tree(EXAMPLE), "prefix", names)


def test_wrong_requests_are_refused():
    trees = tree(EXAMPLE)
    with pytest.raises(InputError, match="style: 'xml' is none of"):
        listops.render(trees, "xml")
    with pytest.raises(InputError, match="level: 'all' is none of"):
        listops.explain(trees, "all")
    with pytest.raises(InputError, match="level: codes must be"):
        listops.explain(trees, np.array([4]))
    with pytest.raises(InputError, match="level: must be"):
        listops.explain(trees, np.array([1, 1]))
    with pytest.raises(InputError, match="trees: must be Trees"):
        listops.render([EXAMPLE])
    with pytest.raises(InputError, match="offsets"):
        listops.measure(np.zeros(2, np.uint16), np.array([0, 3]), 10)


def test_no_rows():
    trees = chosen(LRA, 0)
    assert len(trees) == 0
    assert texts(listops.render(trees)) == []
    assert texts(listops.explain(trees, "long")) == []
