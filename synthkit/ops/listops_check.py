"""Replays a step-by-step explanation of a ListOps tree, whoever wrote it, and names the first step that is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from synthkit.errors import InputError
from synthkit.ops.arrays import choose, whole
from synthkit.ops.listops import explain
from synthkit.ops.listops_input import LEVELS, OPERATORS, Trees, check_trees

__all__ = ["Verdict", "check"]

_FINAL = "Final answer: "
_LIST = re.compile(r"([^\[\]]*)(\[[^\[\]]*\])([^\[\]]*)")
_NUMBER = re.compile(r"-?[0-9]+")
_SHOWN = 80


@dataclass(frozen=True)
class Verdict:
    """Whether an explanation holds.

    Attributes:
        ok: Every step is right, and none is missing or too many.
        step: The first one that is wrong, counted from 1 (the answer is the last one); None if all are right.
        reason: What is wrong with it; empty if nothing is.
    """

    ok: bool
    step: int | None
    reason: str


def check(explanation: str, trees: Trees, level: str, *, row: int = 0, names: Sequence[str] = OPERATORS) -> Verdict:
    """Whether ``explanation`` is the evaluation of a tree, step by step, in the form of `synthkit.ops.listops.explain`.

    Each line must name the operator whose turn it is (inner ones first, from the left), its arguments, the sum or
    product where the form has one, and the result; the last line is the answer. Letters, spaces and numbers must be
    exactly so; one newline at the end is allowed.

    Args:
        explanation: The text.
        trees: With the tree at ``row``.
        level: The form, one of `LEVELS`.
        row: Which tree.
        names: How ``short`` and ``medium`` call the operators.

    Returns:
        The verdict. O(text of one explanation).

    Raises:
        InputError: An argument is wrong; a wrong explanation is no error.
    """
    if not isinstance(explanation, str):
        raise InputError(f"explanation: must be a text, not {type(explanation).__name__}")
    choose(level, LEVELS, name="level")
    wanted = _steps(_one(check_trees(trees), row), level, names)
    found = explanation.removesuffix("\n").split("\n")
    for i, line in enumerate(wanted):
        if i >= len(found):
            return Verdict(False, i + 1, f"missing: {len(wanted) - i} more line(s), first {_shown(line)}")
        if found[i] != line:
            return Verdict(False, i + 1, _what_is_wrong(wanted, found, i))
    if len(found) > len(wanted):
        return Verdict(False, len(wanted) + 1, f"extra: {_shown(found[len(wanted)])} after the answer")
    return Verdict(True, None, "")


def _one(trees: Trees, row: Any) -> Trees:
    if len(trees) == 0:
        raise InputError("trees: holds no tree")
    i = whole("row", row, 0, len(trees) - 1)
    one = slice(i, i + 1)
    return Trees(
        trees.row(i),
        trees.offsets[i : i + 2] - trees.offsets[i],
        trees.base[one],
        trees.value[one],
        trees.depth[one],
        trees.tokens[one],
        trees.operators[one],
        trees.root[one],
        trees.hash[one],
    )


def _steps(tree: Trees, level: str, names: Sequence[str]) -> list[str]:
    _, data = explain(tree, level, names)
    return data.tobytes().decode().split("\n")


def _shown(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + "...")


def _what_is_wrong(wanted: list[str], found: list[str], i: int) -> str:
    line, right = found[i], wanted[i]
    if not line:
        return f"empty line; expected {_shown(right)}"
    if line.startswith(_FINAL) and not right.startswith(_FINAL):
        return f"missing: {len(wanted) - 1 - i} step(s) before the answer, first {_shown(right)}"
    if i + 1 < len(wanted) and line == wanted[i + 1]:
        return f"missing: {_shown(right)}"
    if i + 1 < len(found) and found[i + 1] == right:
        return f"extra: {_shown(line)}"
    if right.startswith(_FINAL):
        return _wrong_answer(line, right)
    return _wrong_step(line, right)


def _wrong_answer(line: str, right: str) -> str:
    if not line.startswith(_FINAL):
        return f"extra: {_shown(line)}; expected the answer"
    return f"answer: expected {right.removeprefix(_FINAL)}, not {_shown(line.removeprefix(_FINAL))}"


def _wrong_step(line: str, right: str) -> str:
    """The first part of a step that differs."""
    split: Callable[[str], tuple[str, ...]] = _with_list if "[" in right else _without_list
    parts, right_parts = split(line), split(right)
    if not parts:
        return f"unreadable: {_shown(line)}; expected {_shown(right)}"
    operator, arguments, *numbers = parts
    right_operator, right_arguments, *right_numbers = right_parts
    if operator != right_operator:
        return f"operator: expected {_shown(right_operator.strip(' ,'))}, not {_shown(operator.strip(' ,'))}"
    if arguments != right_arguments:
        return f"arguments: expected {right_arguments}, not {arguments}"
    if len(numbers) == len(right_numbers):
        for k, (number, right_number) in enumerate(zip(numbers, right_numbers, strict=True)):
            if number != right_number:
                what = "result" if k == len(numbers) - 1 else "sum or product"
                return f"{what}: expected {right_number}, not {number}"
    return f"wording: expected {_shown(right)}, not {_shown(line)}"


def _with_list(line: str) -> tuple[str, ...]:
    """Operator, arguments, then the numbers after them."""
    match = _LIST.fullmatch(line)
    return (match[1], match[2], *_NUMBER.findall(match[3])) if match else ()


def _without_list(line: str) -> tuple[str, ...]:
    operator, equals, rest = line.partition(" = ")
    return (operator, "", *_NUMBER.findall(rest)) if equals else ()
