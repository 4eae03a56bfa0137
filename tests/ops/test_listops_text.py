"""ListOps trees read from text: published rows, what is written is read back, and what is refused."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.ops import listops
from synthkit.ops.listops import OPERATORS, Settings
from synthkit.ops.listops_text import parse

GOLDEN = Path(__file__).parents[1] / "golden" / "listops"
ALIASES = {"SUM": "SM", "MEDIAN": "MED"}
PUBLISHED = [
    line.split("\t") for name in ("d20s", "d8") for line in (GOLDEN / f"spinn_{name}.tsv").read_text().splitlines()
]
LABELS = [int(label) for label, _ in PUBLISHED]
SEQUENCES = [sequence for _, sequence in PUBLISHED]
EXPLAINED = [json.loads(line) for line in (GOLDEN / "explained.jsonl").read_text().splitlines()]


def texts(column):
    offsets, data = column
    return [data.tobytes()[a:b].decode() for a, b in pairwise(offsets)]


def evaluated(words):
    """An evaluator of its own: takes one value or bracket off the front of a list of words, without parentheses."""
    word = words.pop(0)
    if not word.startswith("["):
        return int(word)
    values = []
    while words[0] != "]":
        values.append(evaluated(words))
    words.pop(0)
    return {
        "[MIN": min,
        "[MAX": max,
        "[MED": lambda v: int(np.median(v)),
        "[SM": lambda v: sum(v) % 10,
        "[FIRST": lambda v: v[0],
        "[LAST": lambda v: v[-1],
        "[PM": lambda v: int(np.prod(v, dtype=object)) % 10,
    }[word](values)


def test_published_rows():
    trees = parse(SEQUENCES, "parens")
    assert len(trees) == 1000
    assert trees.value.tolist() == LABELS
    assert trees.value.tolist() == [evaluated([w for w in s.split(" ") if w not in "()"]) for s in SEQUENCES]
    assert texts(listops.render(trees, "parens")) == SEQUENCES
    # One word is one token of the reference, but an operator's name and its bracket are two.
    assert trees.tokens.tolist() == [len([w for w in s.split(" ") if w not in "()"]) for s in SEQUENCES]


def test_published_explanations():
    trees = parse([row["input"] for row in EXPLAINED], "parens", ALIASES)
    assert trees.value.tolist() == [row["label"] for row in EXPLAINED]
    assert texts(listops.explain(trees, "long")) == [row["rationale"] for row in EXPLAINED]
    names = ["MIN", "MAX", "MEDIAN", "SUM", "FIRST", "LAST", "PM"]
    assert texts(listops.render(trees, "parens", names)) == [row["input"] for row in EXPLAINED]


def test_evaluator_agrees_on_drawn_trees():
    index = np.arange(300)
    which = Settings(OPERATORS, min_tokens=5, max_tokens=200)
    stream = {"key": 3, "split": 4, "index": index}
    trees = listops.draw(which, **stream, attempt=listops.choose(which, **stream))
    assert trees.value.tolist() == [evaluated(text.split(" ")) for text in texts(listops.render(trees))]


values = st.integers(0, 20).map(str)
nested = st.recursive(
    values, lambda inner: st.tuples(st.sampled_from(OPERATORS), st.lists(inner, min_size=1, max_size=5))
)


def written(tree):
    return tree if isinstance(tree, str) else f"[{tree[0]} {' '.join(written(a) for a in tree[1])} ]"


@given(st.lists(nested, max_size=5))
def test_what_is_written_is_read(trees):
    rows = [written(tree) for tree in trees]
    found = parse(rows, base=21)
    assert texts(listops.render(found)) == rows
    again = parse(texts(listops.render(found, "parens")), "parens", base=21)
    assert np.array_equal(again.nodes, found.nodes)
    assert np.array_equal(again.offsets, found.offsets)


@given(
    st.integers(0, len(SEQUENCES) - 1), st.integers(0, 2000), st.sampled_from(["", " ", "(", ")", "]", "[", "1", "x"])
)
def test_every_change_is_seen(row, place, what):
    """A changed text is refused, or is another tree that is written as it is."""
    text = SEQUENCES[row]
    place %= len(text)
    changed = text[:place] + what + text[place + 1 :]
    try:
        trees = parse([changed], "parens")
    except InputError:
        return
    assert texts(listops.render(trees, "parens")) == [changed]


@pytest.mark.parametrize(
    ("style", "text", "place", "what"),
    [
        ("prefix", "", 0, "expected a value or an operator, not a second space or nothing"),
        ("prefix", "[MAX 1 2", 8, "expected an argument or ], not the end of the text"),
        ("prefix", "[MAX ]", 5, "expected an argument, not ']'"),
        ("prefix", "[MAX 1 ] ]", 9, "expected the end of the text, not ']'"),
        ("prefix", "1 2", 2, "expected the end of the text, not '2'"),
        ("prefix", "[MAX  1 ]", 5, "expected a value or an operator or ], not a second space"),
        ("prefix", "[MAX 01 ]", 5, "not '01'"),
        ("prefix", "[MAX 10 ]", 5, "not '10'"),
        ("prefix", "[MAX -1 ]", 5, "not '-1'"),
        ("prefix", "[AVG 1 ]", 0, "not '\\[AVG'"),
        ("prefix", "[MAX 1 ]\n", 7, "not"),
        ("prefix", "[MAX " + "1 " * 256 + "]", 5 + 510, "expected ] after 255 arguments"),
        ("parens", "", 0, "expected \\(, a value or an operator"),
        ("parens", "( ( ( [MAX 1 ) 7 ) ]", 20, "expected more"),
        ("parens", "( ( [MAX 1 ) 7 ) ] )", 13, "expected ], not '7'"),
        ("parens", "( ( ( ( [MAX 1 ) 7 ) ] )", 21, "expected \\(, a value or an operator, not ']'"),
        ("parens", "( ( ( [MAX 1 7 ) ] )", 13, "expected \\), not '7'"),
        ("parens", "( ( ( [MAX ( 1 ) 7 ) ] )", 13, "expected \\( or an operator, not '1'"),
        ("parens", "( [MAX ] )", 2, "expected 2 to 256 parentheses before an operator"),
        ("parens", "[MAX 1 ]", 0, "expected 2 to 256 parentheses before an operator"),
        ("parens", "( ( [MAX 1 ) ] ) )", 17, "expected the end of the text"),
        ("parens", "( 7 )", 2, "expected \\( or an operator"),
        ("parens", "( ( [MAX 1 ) ] ) ", 17, "expected the end of the text"),
    ],
)
def test_what_is_no_tree_is_refused(style, text, place, what):
    with pytest.raises(InputError, match=f"texts: row 1, character {place}: .*{what}"):
        parse(["7", text], style)


def test_depth_is_no_limit():
    depth = 100_000
    prefix = "[SM 1 " * depth + "0" + " ]" * depth
    trees = parse([prefix])
    assert (trees.depth[0], trees.value[0]) == (depth, depth % 10)
    parens = "( ( ( [SM 1 ) " * depth + "0" + " ) ] )" * depth
    assert texts(listops.render(trees, "parens")) == [parens]
    assert np.array_equal(parse([parens], "parens").nodes, trees.nodes)


def test_names_and_aliases():
    names = ["A", "B", "C", "D", "E", "F", "G"]
    assert parse(["[B 1 [A 2 3 ] ]"], names=names).value.tolist() == [2]
    assert parse(["[SUM 1 [SM 2 3 ] ]"], names=ALIASES).value.tolist() == [6]
    with pytest.raises(InputError, match="not '\\[MAX'"):
        parse(["[MAX 1 ]"], names=names)
    with pytest.raises(InputError, match="stands for 'AVG'"):
        parse(["1"], names={"MEAN": "AVG"})
    with pytest.raises(InputError, match="'MIN' cannot stand for 'MAX'"):
        parse(["1"], names={"MIN": "MAX"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("7",), "texts: must be a sequence"),
        (([7],), "texts: row 0 must be a text"),
        ((["7"], "tokens"), "style: 'tokens' is none of: prefix, parens"),
        ((["7"], "prefix", ["A"]), "names: must be 7"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        parse(*arguments)
    with pytest.raises(InputError, match="base"):
        parse(["1"], base=257)
