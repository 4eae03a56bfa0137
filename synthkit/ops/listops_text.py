"""Reads ListOps trees from text, strictly: what it accepts, `synthkit.ops.listops.render` writes back byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from synthkit.errors import InputError
from synthkit.ops.arrays import choose, whole
from synthkit.ops.listops import measure
from synthkit.ops.listops_input import OPERATORS, Trees, check_names

__all__ = ["parse"]

_MAX_ARGUMENTS = 255


class _SyntaxError(Exception):
    """What is wrong at one word of a text."""

    def __init__(self, word: int, what: str) -> None:
        super().__init__(what)
        self.word = word


def parse(
    texts: Sequence[str],
    style: str = "prefix",
    names: Sequence[str] | Mapping[str, str] = OPERATORS,
    *,
    base: int = 10,
) -> Trees:
    """Trees from their ``prefix`` or ``parens`` form.

    Words are separated by one space; values are decimal numbers below ``base`` without leading zeros. Plain Python
    without recursion: some million words a second, trees of any depth.

    Args:
        texts: One tree each.
        style: ``prefix`` or ``parens``, see `synthkit.ops.listops.render`.
        names: The operators' names in the order of `OPERATORS`; or aliases that are accepted besides these, e.g.
            ``{"SUM": "SM", "MEDIAN": "MED"}``.
        base: Values are below it, 2 to 256.

    Returns:
        The trees, measured.

    Raises:
        InputError: A text is not exactly one tree: row and character (both counted from 0) are named.
    """
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise InputError(f"texts: must be a sequence of texts, not {type(texts).__name__}")
    read = _READERS[choose(style, _READERS, name="style")]
    values = whole("base", base, 2, 256)
    words = {str(v): v for v in range(values)} | {
        f"[{name}": op << 8 | 0x8000 for name, op in _operators(names).items()
    }
    nodes: list[int] = []
    offsets = [0]
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"texts: row {row} must be a text, not {type(text).__name__}")
        parts = text.split(" ")
        try:
            nodes += read(parts, words)
        except _SyntaxError as error:
            place = min(sum(len(part) + 1 for part in parts[: error.word]), len(text))
            found = _found(parts, error.word)
            raise InputError(f"texts: row {row}, character {place}: {error}, not {found}") from None
        offsets.append(len(nodes))
    return measure(np.array(nodes, np.uint16), np.array(offsets, np.int64), values)


def _operators(names: Any) -> dict[str, int]:
    if not isinstance(names, Mapping):
        return {name: op for op, name in enumerate(check_names(names))}
    operators = {name: op for op, name in enumerate(OPERATORS)}
    for alias, name in names.items():
        if name not in OPERATORS:
            raise InputError(f"names: {alias!r} stands for {name!r}, which is none of: {', '.join(OPERATORS)}")
        if alias in operators and operators[alias] != OPERATORS.index(name):
            raise InputError(f"names: {alias!r} cannot stand for {name!r}, it is an operator itself")
        operators[alias] = OPERATORS.index(name)
    return operators


def _found(parts: list[str], word: int) -> str:
    if word >= len(parts):
        return "the end of the text"
    return repr(parts[word][:30]) if parts[word] else "a second space or nothing"


def _prefix(parts: list[str], words: dict[str, int]) -> list[int]:
    nodes: list[int] = []
    open_: list[int] = []  # places of the operators that are open
    counts: list[int] = []  # their arguments so far
    for i, part in enumerate(parts):
        if nodes and not open_:
            raise _SyntaxError(i, "expected the end of the text")
        if part == "]" and open_:
            count = counts.pop()
            if count == 0:
                raise _SyntaxError(i, "expected an argument")
            nodes[open_.pop()] |= count
            continue
        node = words.get(part)
        if node is None:
            raise _SyntaxError(i, "expected a value or an operator" + (" or ]" if open_ else ""))
        if counts:
            counts[-1] += 1
            if counts[-1] > _MAX_ARGUMENTS:
                raise _SyntaxError(i, f"expected ] after {_MAX_ARGUMENTS} arguments")
        if node & 0x8000:
            open_.append(len(nodes))
            counts.append(0)
        nodes.append(node)
    if open_:
        raise _SyntaxError(len(parts), "expected an argument or ]")
    return nodes


class _Pairs:
    """One text in the form of pairs, word by word: `( left right )`, left down to an operator's name.

    The parentheses before a name say how many arguments it has: one for each and one for its end.
    """

    def __init__(self, words: dict[str, int]) -> None:
        self.words = words
        self.nodes: list[int] = []
        self.left: list[int] = []  # arguments that each open operator still expects, -1 once it has ended
        self.pending = 0  # parentheses opened since the last other word
        self.must_close = False  # the right part of a pair is complete

    def take(self, i: int, part: str) -> None:
        """The next word."""
        if self.must_close:
            self._close(i, part)
        elif self.nodes and not self.left:
            raise _SyntaxError(i, "expected the end of the text")
        elif self.left and self.left[-1] == 0:
            if part != "]":
                raise _SyntaxError(i, "expected ]")
            self.left[-1] = -1
            self.must_close = True
        elif part == "(":
            self.pending += 1
        elif part in self.words:
            self._node(i, self.words[part])
        else:
            raise _SyntaxError(i, "expected (, a value or an operator")

    def _close(self, i: int, part: str) -> None:
        if part != ")":
            raise _SyntaxError(i, "expected )")
        if self.left[-1] < 0:
            self.left.pop()
            self.must_close = bool(self.left)  # it is an argument itself
        else:
            self.left[-1] -= 1
            self.must_close = False

    def _node(self, i: int, node: int) -> None:
        if node & 0x8000:
            count = self.pending - 1
            if not 1 <= count <= _MAX_ARGUMENTS:
                raise _SyntaxError(i, f"expected 2 to {_MAX_ARGUMENTS + 1} parentheses before an operator")
            node |= count
            self.left.append(count)
            self.pending = 0
        elif self.pending:
            raise _SyntaxError(i, "expected ( or an operator")
        else:
            self.must_close = bool(self.left)
        self.nodes.append(node)

    def end(self, words: int) -> list[int]:
        """The nodes, after the last word."""
        if self.left or not self.nodes:
            raise _SyntaxError(words, "expected more")
        return self.nodes


def _parens(parts: list[str], words: dict[str, int]) -> list[int]:
    pairs = _Pairs(words)
    for i, part in enumerate(parts):
        pairs.take(i, part)
    return pairs.end(len(parts))


_READERS: dict[str, Callable[[list[str], dict[str, int]], list[int]]] = {"prefix": _prefix, "parens": _parens}
