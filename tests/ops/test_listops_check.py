"""The checker of explanations: accepts what is right, and names the first step that is wrong."""

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.ops import listops
from synthkit.ops.listops import LEVELS, OPERATORS, Settings
from synthkit.ops.listops_check import Verdict, check
from synthkit.ops.listops_text import parse

GOLDEN = Path(__file__).parents[1] / "golden" / "listops" / "explained.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
TREES = parse([row["input"] for row in ROWS], "parens", {"SUM": "SM", "MEDIAN": "MED"})
RIGHT = Verdict(True, None, "")


def texts(column):
    offsets, data = column
    return [data.tobytes()[a:b].decode() for a, b in pairwise(offsets)]


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_published_explanations_are_accepted(row):
    assert check(ROWS[row]["rationale"], TREES, "long", row=row) == RIGHT
    assert check(ROWS[row]["rationale"] + "\n", TREES, "long", row=row) == RIGHT


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_no_number_can_be_changed(row):
    text = ROWS[row]["rationale"]
    numbers = list(re.finditer("[0-9]+", text))
    assert len(numbers) > 10
    for number in numbers:
        for changed in (str(int(number[0]) + 1), f"0{number[0]}", ""):
            wrong = text[: number.start()] + changed + text[number.end() :]
            verdict = check(wrong, TREES, "long", row=row)
            assert not verdict.ok
            assert verdict.step == text[: number.start()].count("\n") + 1
            assert verdict.reason


def test_own_explanations_are_accepted_and_no_character_can_be_changed():
    which = Settings(OPERATORS, max_args=4, max_depth=3, min_tokens=10, max_tokens=40)
    stream = {"key": 1, "split": 2, "index": np.arange(6)}
    trees = listops.draw(which, **stream, attempt=listops.choose(which, **stream))
    for level in LEVELS:
        for row, text in enumerate(texts(listops.explain(trees, level))):
            assert check(text, trees, level, row=row) == RIGHT
            for place in range(len(text)):
                for changed in (text[:place] + "~" + text[place + 1 :], text[:place] + text[place + 1 :]):
                    # A digit or space out of two equal ones is the same wherever it is taken away.
                    assert not check(changed, trees, level, row=row).ok


# [MAX 2 [MED 9 4 ] [SM 6 8 ] [PM 4 9 ] ]: the steps are MED = 6, SM = 4, PM = 6, MAX = 6.
TREE = parse(["[MAX 2 [MED 9 4 ] [SM 6 8 ] [PM 4 9 ] ]"])
LONG = [
    "MED, sorted list, [4, 9], MEDIAN is 6",
    "SUM, add [6, 8], sum is 14, answer is 4",
    "PROD, multiply [4, 9], product is 36, answer is 6",
    "Max, largest number of [2, 6, 4, 6] is 6",
    "Final answer: 6",
]


@pytest.mark.parametrize(
    ("at", "line", "reason"),
    [
        (0, "MED, sorted list, [9, 4], MEDIAN is 6", "arguments: expected [4, 9], not [9, 4]"),
        (0, "MED, sorted list, [4, 9], MEDIAN is 7", "result: expected 6, not 7"),
        (1, "SUM, add [6, 8], sum is 15, answer is 4", "sum or product: expected 14, not 15"),
        (1, "SUM, add [6, 8], sum is 14, answer is 5", "result: expected 4, not 5"),
        (1, "SUM, add [6, 8, 0], sum is 14, answer is 4", "arguments: expected [6, 8], not [6, 8, 0]"),
        (1, "SUM, add [6, 8], answer is 4", "wording: expected 'SUM, add [6, 8], sum is 14, answer is 4', not"),
        (2, "SUM, add [4, 9], sum is 13, answer is 3", "operator: expected 'PROD, multiply', not 'SUM, add'"),
        (3, "Min, smallest number of [2, 6, 4, 6] is 2", "operator: expected 'Max, largest number of', not 'Min"),
        (3, "Max, largest number of [2, 6, 4, 6] is  6", "wording: expected"),
        (3, "I do not know", "unreadable: 'I do not know'; expected 'Max"),
        (3, "", "empty line; expected"),
        (4, "Final answer: 7", "answer: expected 6, not '7'"),
        (4, "Final answer: 6.", "answer: expected 6, not '6.'"),
        (4, "Answer: 6", "extra: 'Answer: 6'; expected the answer"),
    ],
)
def test_the_wrong_step_is_named(at, line, reason):
    verdict = check("\n".join([*LONG[:at], line, *LONG[at + 1 :]]), TREE, "long")
    assert (verdict.ok, verdict.step) == (False, at + 1)
    assert verdict.reason.startswith(reason)


@pytest.mark.parametrize("at", range(5))
def test_missing_and_extra_steps_are_named(at):
    missing = check("\n".join(LONG[:at] + LONG[at + 1 :]), TREE, "long")
    assert (missing.ok, missing.step) == (False, at + 1)
    assert missing.reason.startswith("missing: ")
    extra = check("\n".join([*LONG[:at], "Min, smallest number of [2] is 2", *LONG[at:]]), TREE, "long")
    assert (extra.ok, extra.step) == (False, at + 1)
    assert extra.reason.startswith("extra: ")
    cut = check("\n".join([*LONG[:at], LONG[-1]]), TREE, "long")
    assert cut.ok == (at == 4)
    assert cut.ok or (cut.step == at + 1 and cut.reason.startswith("missing: "))


def test_order_and_end():
    swapped = check("\n".join([LONG[1], LONG[0], *LONG[2:]]), TREE, "long")
    assert (swapped.ok, swapped.step) == (False, 1)
    more = check("\n".join([*LONG, "Final answer: 6"]), TREE, "long")
    assert (more.ok, more.step, more.reason) == (False, 6, "extra: 'Final answer: 6' after the answer")
    assert not check("\n".join(LONG) + "\n\n", TREE, "long").ok
    assert not check("\n".join(LONG).replace("\n", "\r\n"), TREE, "long").ok
    assert check("", TREE, "answer").step == 1


def test_other_levels():
    names = ["MIN", "MAX", "MEDIAN", "SUM", "FIRST", "LAST", "PM"]
    medium = "MEDIAN [9, 4] = 6\nSUM [6, 8] = 4\nPM [4, 9] = 6\nMAX [2, 6, 4, 6] = 6\nFinal answer: 6"
    short = "MEDIAN = 6\nSUM = 4\nPM = 6\nMAX = 6\nFinal answer: 6"
    assert check(medium, TREE, "medium", names=names) == RIGHT
    assert check(short, TREE, "short", names=names) == RIGHT
    assert check("Final answer: 6", TREE, "answer") == RIGHT
    assert check(short.replace("SUM = 4", "SUM = 3"), TREE, "short", names=names) == Verdict(
        False, 2, "result: expected 4, not 3"
    )
    assert check(short, TREE, "short").reason == "operator: expected 'MED', not 'MEDIAN'"
    assert check(medium.replace("[9, 4]", "[4, 9]"), TREE, "medium", names=names).reason.startswith("arguments")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((7, TREE, "long"), {}, "explanation: must be a text"),
        (("", TREE, "full"), {}, "level: 'full' is none of"),
        (("", TREE, "long"), {"row": 1}, "row: must be"),
        (("", [], "long"), {}, "trees: must be Trees"),
        (("", parse([]), "long"), {}, "trees: holds no tree"),
    ],
)
def test_wrong_arguments_are_refused(arguments, options, message):
    with pytest.raises(InputError, match=message):
        check(*arguments, **options)
