"""Bit memory: every answer, the distribution, the draw word by word, and what is refused."""

import re
from itertools import product

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.generators.bit_memory_draws import inputs_of
from synthkit.generators.resolve import bind, resolve
from synthkit.recipe.load import from_data, load_recipe
from synthkit.records import Rows, TextExample
from synthkit.run import open_task
from synthkit.seeds import attempt_words, derive_key, split_word

SHARE = {"type": "uniform", "name": "mask_share", "low": 0.4, "high": 0.6}


def recipe(params=None, *, factors=(SHARE,), **fields):
    data = {
        "name": "remember",
        "generator": "bit_memory",
        "params": params or {},
        "factors": list(factors),
        "design": {"kind": "random", "size": 10},
        "splits": {"train": 1.0},
    }
    return from_data({**data, **fields}, "test")


def rows(count, split="train", first=0, attempt=0, **factors):
    values = {"mask_share": np.full(count, 0.5)} if not factors else {k: np.array(v) for k, v in factors.items()}
    index = np.arange(first, first + count, dtype=np.int64)
    return Rows(split, index, values, np.full((count, len(values)), -1), attempt=np.full(count, attempt, np.uint32))


def answer(text, mask="?"):
    """The first pattern that the question fits, its place and the masked bits, read without the package."""
    *patterns, asked = (part.replace(" ", "") for part in re.split(" [|:] ", text))
    fitting = [p for p in patterns if re.fullmatch(re.escape(asked).replace(re.escape(mask), "."), p)]
    return fitting, patterns.index(fitting[0]) + 1, asked.count(mask), patterns


@pytest.mark.parametrize("spaced", [True, False])
@pytest.mark.parametrize(("bits", "patterns", "mask"), [(1, 1, "?"), (4, 5, "?"), (33, 2, "#"), (40, 3, "x")])
def test_every_answer(bits, patterns, mask, spaced):
    generator = bind(recipe({"bits": bits, "patterns": patterns, "mask": mask, "spaced": spaced}))
    batch = generator.make(rows(2000))
    texts = zip(batch.input.tolist(), batch.target.tolist(), strict=True)
    gap = " " if spaced else ""
    for row, (question, target) in enumerate(texts):
        fitting, position, masked, given = answer(question, mask)
        assert target == gap.join(fitting[0])
        assert batch.rows.values["fitting"][row] == len(fitting)
        assert (len(given), {len(p) for p in given}) == (patterns, {bits})
        assert batch.rows.values["position"][row] == position
        assert batch.rows.values["masked"][row] == masked
        symbols = rf"([01]({gap}[01]){{{bits - 1}}}( [|:] ))+[01{mask}]({gap}[01{mask}]){{{bits - 1}}}"
        assert re.fullmatch(symbols, question)


def test_the_draw_word_by_word():
    """Bits from the words' lowest bit up, the asked pattern and the mask from words of their own."""
    bits, patterns, count = 21, 3, 50
    made = bind(recipe({"bits": bits, "patterns": patterns, "spaced": False}, seed=9))
    share = np.linspace(0, 0.99, count)
    texts = made.make(rows(count, "test", 5, attempt=2, mask_share=share)).input.tolist()
    for row, text in enumerate(texts):
        where = (split_word("test"), np.array([5 + row]), np.array([2], np.uint32))
        words = {
            stream: attempt_words(derive_key(9, "remember", stream), *where, bits)[0].tolist()
            for stream in ("patterns", "asked", "mask")
        }
        stream = "".join(str(words["patterns"][k // 32] >> k % 32 & 1) for k in range(bits * patterns))
        expected = [stream[:21], stream[21:42], stream[42:]]
        asked = expected[words["asked"][0] * patterns // 2**32]
        shown = [
            "?" if word < round(share[row] * 2**32) else bit for bit, word in zip(asked, words["mask"], strict=False)
        ]
        assert text == " | ".join(expected) + " : " + "".join(shown)


def test_bits_patterns_and_masks_are_evenly_drawn():
    """40,000 examples: each share within five standard deviations."""
    count = 40_000
    batch = bind(recipe({"bits": 20, "patterns": 4, "spaced": False})).make(rows(count))
    text = "".join(question.replace(" ", "").partition(":")[0] for question in batch.input.tolist()).replace("|", "")
    total = count * 80
    assert len(text) == total
    assert abs(text.count("1") / total - 0.5) < 5 * 0.5 / total**0.5
    places = np.bincount(batch.rows.values["position"])[1:] / count
    # Another pattern fits with probability (3/4)^20 = 0.0032: the first place gains 3/4 of that, less than 1 / 400.
    assert np.abs(places - 0.25).max() < 5 * (0.25 * 0.75 / count) ** 0.5 + 1 / 400
    masked = batch.rows.values["masked"]
    assert abs(masked.mean() - 10) < 5 * (20 * 0.25 / count) ** 0.5
    assert abs(masked.var() - 5) < 0.25


def test_the_share_is_that_of_the_row():
    generator = bind(recipe({"bits": 4000, "patterns": 1}))
    masked = generator.make(rows(4, mask_share=[0.0, 0.1, 0.5, 0.9])).rows.values["masked"]
    assert masked[0] == 0
    assert np.abs(masked[1:] - [400, 2000, 3600]).max() < 5 * (4000 * 0.25) ** 0.5


def test_the_paper_s_sizes_are_the_default():
    """1000 bits, 5 patterns, half of the bits masked; among 5 patterns of 1000 bits no two fit."""
    batch = bind(recipe()).make(rows(300))
    for question, target in zip(batch.input.tolist(), batch.target.tolist(), strict=True):
        (right,), _, masked, given = answer(question)
        assert (target, len(given), len(right)) == (" ".join(right), 5, 1000)
        assert 400 < masked < 600
    assert bind(recipe()).layout.bytes_per_example >= len(question) + len(target)


def test_sizes_may_vary_from_row_to_row():
    factors = [
        {"type": "integers", "name": "bits", "low": 1, "high": 40},
        {"type": "values", "name": "patterns", "values": [1.0, 2.0, 7.0]},
    ]
    generator = bind(recipe(factors=factors))
    bits = np.random.default_rng(1).integers(1, 41, 500)
    patterns = np.array([1.0, 2.0, 7.0])[np.random.default_rng(2).integers(0, 3, 500)]
    batch = generator.make(rows(500, bits=bits, patterns=patterns))
    for row, question in enumerate(batch.input.tolist()):
        (right, *_), _, _, given = answer(question)
        assert (len(right), len(given)) == (bits[row], patterns[row])
        assert batch.target.tolist()[row] == " ".join(right)
        one = generator.make(rows(1, first=row, bits=bits[row : row + 1], patterns=patterns[row : row + 1]))
        assert one.input.tolist() == [question]
        assert [one.rows.values[f.name][0] for f in generator.measured] == [
            batch.rows.values[f.name][row] for f in generator.measured
        ]
        assert one.rows.indices[0].tolist() == batch.rows.indices[row].tolist()
    assert [factor.spec for factor in generator.measured] == [
        "measured, 1 to 7",
        "measured, 0 to 40",
        "measured, 1 to 7",
    ]


def test_draws_depend_on_seed_name_split_index_and_attempt():
    params = {"bits": 64}
    made = bind(recipe(params)).make(rows(20)).input.tolist()
    others = [
        bind(recipe(params, seed=1)).make(rows(20)),
        bind(recipe(params, name="other")).make(rows(20)),
        bind(recipe(params)).make(rows(20, "test")),
        bind(recipe(params)).make(rows(20, first=20)),
        bind(recipe(params)).make(rows(20, attempt=1)),
    ]
    for other in others:
        assert not set(made) & set(other.input.tolist())
    assert made == bind(recipe(params)).make(rows(20)).input.tolist()
    # A chunk of rows at a time makes no difference: 3000 of these are drawn in several.
    assert bind(recipe(params)).make(rows(9000)).input.tolist()[:20] == made


def test_score_is_the_share_of_right_bits():
    generator = bind(recipe())
    example = TextExample("train-00000000", {}, np.zeros(0, np.int64), "0 1 1 0 : 0 ? 1 ?", "0 1 1 0", None)
    for said, share in [
        ("0 1 1 0", 1),
        (" 0110\n", 1),
        ("Final answer: 0 1 1 0", 1),
        ("0 1 1 1", 3 / 4),
        ("0 1 1", 3 / 4),
        ("0 1 1 0 0", 4 / 5),
        ("1 0 0 1", 0),
        ("0 ? 1 ?", 2 / 4),
        ("", 0),
        ("nonsense", 0),
    ]:
        assert generator.score(said, example) == share


def test_it_has_no_explanations():
    generator = bind(recipe())
    example = TextExample("train-00000000", {}, np.zeros(0, np.int64), "0 1 : 0 ?", "0 1", None)
    assert generator.explain(example) is None
    verdict = generator.check("Final answer: 0 1", example)
    assert (verdict.ok, verdict.reason) == (False, "this task has no explanations")
    assert not generator.layout.rationale
    assert generator.make(rows(2)).rationale is None
    assert generator.pools() == {}


@pytest.mark.parametrize(("bits", "patterns"), [(1, 1), (2, 1), (1, 3), (2, 2), (3, 2)])
def test_inputs_are_counted(bits, patterns):
    """By writing down all of them."""
    found = {True: set(), False: set()}
    for given in product(product("01", repeat=bits), repeat=patterns):
        for asked in given:
            for mask in product((True, False), repeat=bits):
                shown = tuple("?" if hidden else bit for hidden, bit in zip(mask, asked, strict=True))
                found[True].add((given, shown))
            found[False].add((given, asked))
    for masking, inputs in found.items():
        assert inputs_of(bits, patterns, masking=masking) == len(inputs)


FIXED = {"type": "values", "name": "patterns", "values": [2.0]}


@pytest.mark.parametrize(
    ("params", "factors", "message"),
    [
        ({"mask": "|"}, [SHARE], r"params.mask: '\|' has another meaning"),
        ({"mask": "1"}, [SHARE], "params.mask: '1' has another meaning"),
        ({"mask": "??"}, [SHARE], "params.mask: "),
        ({"mask_share": 1.0}, [FIXED], "params.mask_share: must be < 1.0, not 1.0"),
        ({"bits": 0}, [SHARE], "params.bits: must be >= 1"),
        ({"bits": 60000, "patterns": 1000}, [SHARE], "params.bits: 60000 bits x 1000 patterns are more than 1048576"),
        ({}, [{**SHARE, "high": 1.5}], "factors.mask_share.high: must be < 1, not 1.5"),
        ({}, [{"type": "uniform", "name": "bits", "low": 1.0, "high": 9.0}], "factors.bits.type: holds numbers that"),
        ({}, [{"type": "integers", "name": "bits", "low": 0, "high": 9}], "factors.bits.low: must be >= 1, not 0"),
        ({}, [{"type": "integers", "name": "bit", "low": 1, "high": 9}], "no such factor; did you mean 'bits'"),
    ],
)
def test_wrong_recipes(params, factors, message):
    with pytest.raises(InputError, match=message):
        resolve(recipe(params, factors=factors))


def test_more_examples_than_inputs_are_refused():
    """A record of all inputs of 2 bits and 1 pattern: 4 patterns, each with 4 masks."""
    fixed = recipe({"bits": 2, "patterns": 1}, splits={"train": 10, "test": 7}).model_copy(update={"factors": ()})
    message = "splits: 17 different examples are asked for, but only 16 exist with 2 bits x 1 patterns"
    assert bind(fixed).problems() == [message]
    assert bind(fixed.model_copy(update={"splits": {"train": 16}})).problems() == []
    unmasked = fixed.model_copy(update={"params": {**fixed.params, "mask_share": 0.0}, "splits": {"train": 5}})
    assert "only 4 exist" in bind(unmasked).problems()[0]


def test_an_empty_batch():
    batch = bind(recipe()).make(rows(0))
    assert (len(batch.rows), batch.input.tolist(), batch.target.tolist()) == (0, [], [])


def test_the_recipe_has_no_input_twice():
    task = open_task(load_recipe("bit_memory", ["params.bits=12", "design.size=400"]))
    found = [example for split in task.sizes for example in task.stream(split)]
    assert task.sizes == {"train": 320, "validation": 40, "test": 40}
    assert len({example.input for example in found}) == 400
    for example in found:
        assert task.score(example.target, example) == 1


def test_the_published_sizes_are_made():
    example = open_task(load_recipe("bit_memory")).example(2, "train")
    fitting, _, _, given = answer(example.input)
    assert (len(given), len(given[0]), example.target) == (5, 1000, " ".join(fitting[0]))
