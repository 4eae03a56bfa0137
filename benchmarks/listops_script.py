"""ListOps as the reference scripts make it: plain Python, one tree at a time, by recursion.

Two programs are copied in what they do, not in their text: make_data.py of nyu-mll/spinn (Nangia and Bowman 2018) and
listops.py of Long Range Arena (Tay et al. 2020). Operators MIN MAX MED SM, values 0 to 9, an operator with probability
1/4 above the deepest level; a tree is a nested pair (((operator, argument), argument), end), which is evaluated and
written by recursion, and kept in a set, so that no tree comes twice.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

__all__ = ["lra", "spinn"]

_MIN, _MAX, _MED, _SM = "[MIN", "[MAX", "[MED", "[SM"
_OPERATORS = [_MIN, _MAX, _MED, _SM]
_END = "]"
_VALUES = range(10)
_VALUE_PROBABILITY = 0.25

Tree = Any  # a value, or a pair
Row = tuple[str, int]  # text, answer


def lra(n: int, rng: random.Random, low: int = 500, high: int = 2000) -> list[Row]:
    """``n`` different trees of more than ``low`` and fewer than ``high`` tokens, at most 9 deep, 2 to 10 arguments."""
    trees: set[Tree] = set()
    while len(trees) < n:
        tree, length = _tree(1, 10, 10, rng)
        if low < length < high:
            trees.add(tree)
    return [(_text(tree), _value(tree)) for tree in trees]


def spinn(n: int, rng: random.Random) -> list[Row]:
    """``n`` different trees of any length, at most 19 operators deep, 2 to 5 arguments."""
    trees: set[Tree] = set()
    while len(trees) < n:
        trees.add(_tree(1, 20, 5, rng)[0])
    return [(_text(tree), _value(tree)) for tree in trees]


def _tree(depth: int, max_depth: int, max_args: int, rng: random.Random) -> tuple[Tree, int]:
    """A tree and its length, 1 a value and 2 an operator."""
    if depth >= max_depth or rng.random() > _VALUE_PROBABILITY:
        return rng.choice(_VALUES), 1
    length = 2
    arguments = []
    for _ in range(rng.randint(2, max_args)):
        argument, more = _tree(depth + 1, max_depth, max_args, rng)
        arguments.append(argument)
        length += more
    tree: Tree = rng.choice(_OPERATORS)
    for argument in arguments:
        tree = (tree, argument)
    return (tree, _END), length


def _text(tree: Tree) -> str:
    if isinstance(tree, tuple):
        return f"( {_text(tree[0])} {_text(tree[1])} )"
    return str(tree)


def _value(tree: Tree) -> Any:
    """A number; of a pair without its end yet, the operator and the numbers so far."""
    if not isinstance(tree, tuple):
        return tree
    left, right = _value(tree[0]), _value(tree[1])
    if right == _END:
        operator, numbers = left
        return _apply(operator, numbers)
    if isinstance(left, tuple):
        return left[0], [*left[1], right]
    return left, [right]


def _apply(operator: str, numbers: list[int]) -> int:
    if operator == _MIN:
        return min(numbers)
    if operator == _MAX:
        return max(numbers)
    if operator == _MED:
        return int(np.median(numbers))
    return sum(numbers) % 10
