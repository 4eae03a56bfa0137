"""What belongs together in a text: an operator and its arguments, the cells of a winning line; and partial results."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from synthkit.dataset import Task
from synthkit.dataset.tasks import WINNING_LINES
from synthkit.records import TextExample

__all__ = ["READOUT", "Link", "Mark", "Structure", "operator_trees", "structure_of", "winning_lines"]

READOUT = -1  # in place of a symbol: the token that the answer is read from

_NUMBER = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Link:
    """A symbol and those that it belongs to.

    Attributes:
        kind: ``down``: an operator, its arguments and its closing bracket (of a list among them, its operator).
            ``up``: a closing bracket, its operator and its arguments (of a list, its bracket). ``line``: a cell of a
            winning line and the other two. ``readout``: the place that the answer is read from, and the winning line.
        query: The symbol that attends, or `READOUT`.
        targets: The symbols that it should attend to.
    """

    kind: str
    query: int
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A symbol that stands for a partial result.

    Attributes:
        kind: ``operator`` or ``bracket``: where a sub-tree begins and ends.
        symbol: Which.
        label: The value of the sub-tree.
    """

    kind: str
    symbol: int
    label: str


@dataclass(frozen=True, slots=True)
class Structure:
    """Of one text.

    Attributes:
        links: What belongs together.
        marks: Partial results.
        depth: How deep each symbol lies, for pictures; empty where there is no tree.
    """

    links: tuple[Link, ...] = ()
    marks: tuple[Mark, ...] = ()
    depth: tuple[int, ...] = ()


def structure_of(task: Task) -> Callable[[TextExample, Sequence[str]], Structure]:
    """What finds the structure of a task's texts; nothing is found in texts of other tasks.

    Args:
        task: ListOps with brackets, or Tic-Tac-Toe.

    Returns:
        A function of an example and its symbols.
    """
    if task.recipe.generator == "listops" and task.recipe.params.get("rendering", "prefix") != "tokens":
        return lambda example, symbols: operator_trees(symbols, task.explain(example))
    if task.recipe.generator == "tictactoe":
        return winning_lines
    return _no_structure


def _no_structure(example: TextExample, symbols: Sequence[str]) -> Structure:
    del example, symbols
    return Structure()


def operator_trees(symbols: Sequence[str], explanation: str | None) -> Structure:
    """Links and partial results of nested lists.

    Args:
        symbols: ``[MAX``, values, ``]``; round brackets say nothing.
        explanation: A line for each operator in the order in which their brackets close; the last number of a line is
            the value of that list. None for no partial results.
    """
    links: list[Link] = []
    closed: list[tuple[int, int]] = []
    depth = [0] * len(symbols)
    stack: list[tuple[int, list[int], list[int]]] = []  # operator, arguments from above, arguments from below
    for place, symbol in enumerate(symbols):
        depth[place] = len(stack)
        if symbol.startswith("["):
            stack.append((place, [], []))
        elif symbol == "]" and stack:
            operator, starts, ends = stack.pop()
            depth[place] = len(stack)
            links.append(Link("down", operator, (*starts, place)))
            links.append(Link("up", place, (operator, *ends)))
            closed.append((operator, place))
            if stack:
                stack[-1][1].append(operator)
                stack[-1][2].append(place)
        elif symbol not in "()" and stack:
            stack[-1][1].append(place)
            stack[-1][2].append(place)
    marks: list[Mark] = []
    lines = (explanation or "").splitlines()
    for (operator, place), line in zip(closed, lines, strict=False):
        numbers = _NUMBER.findall(line)
        if numbers:
            marks += [Mark("operator", operator, numbers[-1]), Mark("bracket", place, numbers[-1])]
    return Structure(tuple(links), tuple(marks), tuple(depth))


def winning_lines(example: TextExample, symbols: Sequence[str]) -> Structure:
    """Links of the one winning line of a board, in any notation; none where there is no line or more than one."""
    line = WINNING_LINES.get(str(example.factors.get("winning_line")))
    if line is None:
        return Structure()
    cells = _cells(symbols)
    if any(cell not in cells for cell in line):
        return Structure()
    places = [cells[cell] for cell in line]
    links = [Link("line", place, tuple(p for p in places if p != place)) for place in places]
    return Structure((*links, Link("readout", READOUT, tuple(places))))


def _cells(symbols: Sequence[str]) -> dict[int, int]:
    """Cell -> the symbol that names it, or that stands in it."""
    named = {}
    for place, symbol in enumerate(symbols):
        match = re.fullmatch(r"([abc])([123]),?", symbol)
        if match is not None:
            named["abc".index(match[1]) + 3 * (int(match[2]) - 1)] = place
    if named:
        return named
    return dict(enumerate(place for place, symbol in enumerate(symbols) if symbol in ("X", "O", ".")))
