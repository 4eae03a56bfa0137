"""Bit xor: every answer, every input once, every explanation, and what is refused."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.generators.resolve import bind
from synthkit.recipe.load import from_data, load_recipe
from synthkit.records import Pool, Rows, TextExample
from synthkit.run import open_task, prepare


def recipe(params=None, *, values=("none", "full"), factors=None, **fields):
    factor = {"type": "categorical", "name": "explanation", "values": list(values)}
    data = {
        "name": "either",
        "generator": "bit_xor",
        "params": params or {},
        "factors": [factor] if factors is None else factors,
        "design": {"kind": "random", "size": 2},
        "splits": {"train": 1.0},
    }
    return from_data({**data, **fields}, "test")


def rows(items, explanation="full", first=0):
    count = len(items)
    values = {"explanation": np.array(count * [explanation] if isinstance(explanation, str) else explanation, object)}
    index = np.arange(first, first + count, dtype=np.int64)
    return Rows("train", index, values, np.zeros((count, 1), np.int64), np.array(items, np.int64))


def examples(batch):
    texts = zip(batch.input.tolist(), batch.target.tolist(), batch.rationale.tolist(), strict=True)
    return [
        TextExample(f"train-{k}", {n: v[k] for n, v in batch.rows.values.items()}, batch.rows.indices[k], *fields)
        for k, fields in enumerate(texts)
    ]


@pytest.mark.parametrize("spaced", [True, False])
@pytest.mark.parametrize(("bits", "patterns"), [(1, 2), (5, 2), (3, 3), (2, 5)])
def test_every_input_and_answer(bits, patterns, spaced):
    generator = bind(recipe({"bits": bits, "patterns": patterns, "spaced": spaced}))
    count = 2 ** (bits * patterns)
    assert generator.pools() == {"train": Pool("inputs", count)}
    found = examples(generator.make(rows(range(count))))
    gap = " " if spaced else ""
    words = [gap.join(word) for word in product("01", repeat=bits)]
    assert [example.input for example in found] == [" xor ".join(chosen) for chosen in product(words, repeat=patterns)]
    for example in found:
        numbers = [int(word.replace(" ", ""), 2) for word in example.input.split(" xor ")]
        value = 0
        for number in numbers:
            value ^= number
        assert example.target == gap.join(f"{value:0{bits}b}")
        assert example.factors["ones"] == value.bit_count()
        assert example.rationale == generator.explain(example)
        assert generator.check(example.rationale, example).ok


def test_the_paper_s_sizes_are_the_default():
    generator = bind(recipe())
    assert generator.pools() == {"train": Pool("inputs", 1024)}
    assert generator.make(rows([0b01101_11001])).input.tolist() == ["0 1 1 0 1 xor 1 1 0 0 1"]


def test_an_explanation_worked_by_hand():
    generator = bind(recipe({"bits": 2, "patterns": 3}))
    (example,) = examples(generator.make(rows([0b10_11_01])))
    assert example.rationale == "Bit 1: 1 xor 1 xor 0 = 0\nBit 2: 0 xor 1 xor 1 = 0\nFinal answer: 0 0"
    packed = bind(recipe({"bits": 2, "patterns": 3, "spaced": False}))
    (example,) = examples(packed.make(rows([0b10_01_01])))
    assert example.rationale == "Bit 1: 1 xor 0 xor 0 = 1\nBit 2: 0 xor 1 xor 1 = 0\nFinal answer: 10"


def test_the_largest_pool():
    """62 bits: 2^62 items."""
    generator = bind(recipe({"bits": 31}))
    assert generator.problems() == []
    assert generator.pools()["train"].size == 2**62
    first, last = generator.make(rows([1, 2**62 - 2])).input.tolist()
    assert first == " ".join("0" * 31) + " xor " + " ".join("0" * 30 + "1")
    assert last == " ".join("1" * 31) + " xor " + " ".join("1" * 30 + "0")


def test_explanations_are_per_row_where_they_are_a_factor():
    generator = bind(recipe())
    found = examples(generator.make(rows([7, 7, 8], ["full", "none", "full"])))
    assert [bool(example.rationale) for example in found] == [True, False, True]
    assert found[0].rationale == generator.explain(found[1])
    without = bind(recipe(factors=[{"type": "categorical", "name": "explanation", "values": ["none"]}]))
    assert without.make(rows([7], "none")).rationale.tolist() == [""]


@pytest.mark.parametrize("explanation", ["none", "full"])
def test_explanations_as_a_parameter(explanation):
    fixed = recipe({"explanation": explanation}).model_copy(update={"factors": ()})
    generator = bind(fixed)
    batch = generator.make(Rows("train", np.arange(2), {}, np.zeros((2, 0), np.int64), np.array([5, 1023])))
    assert generator.layout.rationale == (explanation == "full")
    if explanation == "none":
        assert batch.rationale is None
    else:
        assert batch.rationale.tolist()[1].startswith("Bit 1: 1 xor 1 = 0\nBit 2: 1 xor 1 = 0\n")
    assert batch.rows.indices.tolist() == [[2], [0]]


def test_any_change_of_an_explanation_is_found():
    generator = bind(recipe({"bits": 12}))
    for example in examples(generator.make(rows(range(0, 2**24, 2**20 + 12345)))):
        lines = example.rationale.split("\n")
        for number, line in enumerate(lines):
            for place in [k for k, character in enumerate(line) if character.isdigit()]:
                changed = line[:place] + str((int(line[place]) + 1) % 10) + line[place + 1 :]
                verdict = generator.check("\n".join([*lines[:number], changed, *lines[number + 1 :]]), example)
                assert (verdict.ok, verdict.step) == (False, number + 1)
                assert repr(line) in verdict.reason
            assert generator.check("\n".join(lines[:number] + lines[number + 1 :]), example).step == number + 1
        assert generator.check(f"{example.rationale}\nand so on", example).step == len(lines) + 1
        assert generator.check(f"{example.rationale}\n", example).ok


def test_score_is_the_share_of_right_bits():
    generator = bind(recipe())
    (example,) = examples(generator.make(rows([0b01101_11001])))
    assert example.target == "1 0 1 0 0"
    assert generator.score(example.rationale, example) == 1
    for said, share in [
        ("1 0 1 0 0", 1),
        ("10100", 1),
        ("1 0 1 0 1", 4 / 5),
        ("1 0", 2 / 5),
        ("", 0),
        ("1 0 1 0 0 0", 5 / 6),
    ]:
        assert generator.score(said, example) == share


def test_a_row_is_the_same_in_any_batch():
    generator = bind(recipe())
    whole = examples(generator.make(rows(list(range(1023, -1, -3)))))
    for place, item in enumerate(range(1023, -1, -3)):
        (one,) = examples(generator.make(rows([item], first=place)))
        other = whole[place]
        assert (one.input, one.target, one.rationale, one.factors) == (
            other.input,
            other.target,
            other.rationale,
            other.factors,
        )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"design": {"kind": "random", "size": 1025}}, "1025 different examples .* but only 1024 exist"),
        ({"splits": {"train": 1000, "test": 25}, "design": {"kind": "random"}}, "splits: 1025 examples .* has 1024"),
        ({"params": {"bits": 32}}, "params.bits: 32 bits x 2 patterns is 64; at most 62"),
        ({"params": {"bits": 63}}, "params.bits: must be <= 62"),
        ({"params": {"patterns": 1}}, "params.patterns: must be >= 2"),
        ({"params": {"explanation": "short"}, "factors": []}, "params.explanation: must be 'none' or 'full'"),
        ({"values": ["long"]}, "factors.explanation.values: 'long' is none of: none, full"),
    ],
)
def test_wrong_recipes(fields, message):
    data = {**fields}
    factors = data.pop("factors", None)
    wrong = recipe(**data)
    with pytest.raises(InputError, match=message):
        prepare(wrong if factors is None else wrong.model_copy(update={"factors": ()}))


def test_as_many_as_there_are():
    assert prepare(recipe(design={"kind": "random", "size": 1024})).plan.sizes == {"train": 1024}


def test_the_recipe_has_each_input_in_one_split():
    task = open_task(load_recipe("bit_xor"))
    assert task.sizes == {"train": 819, "validation": 103, "test": 102}
    found = [example for split in task.sizes for example in task.stream(split)]
    assert len({example.input for example in found}) == 1024
    assert all(task.check(example.rationale, example).ok for example in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 1 1 0 1", "input: 2 groups of bits are needed, with ' xor '"),
        ("0 1 1 0 xor 0 1 1 0 0", "input: group 2 must be 4 of '01', not '01100'"),
        ("0 1 1 0 2 xor 0 1 1 0 0", "input: group 1 must be 5 of '01', not '01102'"),
        ("0 1 1 0 xor 0 1 1 0", "input: 4 bits, not 5"),
        ("0 1 1 0 0 xor 0 1 1 0 0 xor 0 1 1 0 0", "input: group 2"),
        (" xor ", "input: group 1 must be"),
    ],
)
def test_wrong_inputs(text, message):
    generator = bind(recipe())
    example = TextExample("train-00000000", {}, np.zeros(0, np.int64), text, "0 0 0 0 0", None)
    with pytest.raises(InputError, match=message):
        generator.explain(example)


def test_an_empty_batch():
    batch = bind(recipe()).make(rows([]))
    assert (len(batch.rows), batch.input.tolist(), batch.target.tolist()) == (0, [], [])


def test_the_examples_of_the_documentation():
    page = (Path(__file__).resolve().parents[2] / "docs/tasks/bits.md").read_text()
    memory = open_task(load_recipe("bit_memory", ["params.bits=10", "params.patterns=3"])).example(0, "test")
    xor = open_task(load_recipe("bit_xor")).example(0, "test")
    assert re.findall(r"```text\n(.*?)\n```", page, re.DOTALL) == [memory.input, xor.input, xor.rationale]
    assert f"with the target `{memory.target}`" in page
