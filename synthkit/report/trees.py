"""Nested texts as trees: the lists of ListOps with the value of each, and brackets over their depth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from synthkit.report.svg import drawing, label
from synthkit.report.tags import Html, tag

__all__ = ["Node", "bracket_depths", "listops_tree", "parsed_list"]

_NUMBER = re.compile(r"-?[0-9]+")
_MOST_LEAVES = 36  # of a tree that is drawn; larger ones are written as nested lists
_MOST_NODES, _MOST_LEVELS = 400, 24  # of a nested list
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_MOST_BRACKETS = 60


@dataclass(slots=True)
class Node:
    """A value, or an operator with its arguments.

    Attributes:
        name: ``MAX``, or a value.
        arguments: Of an operator; empty for a value.
        result: What an operator comes to, as the explanation says; empty where there is none.
        leaf: Whether it is a value.
    """

    name: str
    arguments: list[Node] = field(default_factory=list)
    result: str = ""
    leaf: bool = False

    def walk(self) -> Iterator[Node]:
        """It and all below it, without recursion: some lists are hundreds deep."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.arguments))

    def depth(self) -> int:
        """Levels of it: 1 for a value."""
        level, depth = [self], 0
        while level:
            level, depth = [argument for node in level for argument in node.arguments], depth + 1
        return depth


def parsed_list(words: str, rationale: str | None = None) -> Node | None:
    """The tree of nested lists such as ``[MAX 2 [MIN 4 7 ] ]``; None where the text is none.

    Args:
        words: The text; round brackets say nothing.
        rationale: A line for each operator, in the order in which their brackets close, that ends in its value.
    """
    root: Node | None = None
    stack: list[Node] = []
    closed: list[Node] = []
    for symbol in words.split():
        if symbol in "()":
            continue
        if root is not None and not stack:
            return None
        if symbol == "]":
            closed.append(stack.pop())
            continue
        operator = symbol.startswith("[") and len(symbol) > 1
        node = Node(symbol[1:] if operator else symbol, leaf=not operator)
        if stack:
            stack[-1].arguments.append(node)
        root = root or node
        if operator:
            stack.append(node)
        elif root is node:
            return None  # a single value is no tree
    if root is None or stack:
        return None
    lines = (rationale or "").splitlines()
    for node, line in zip(closed, lines, strict=False):
        found = _NUMBER.findall(line)
        node.result = found[-1] if found and len(lines) > len(closed) else ""
    return root


def listops_tree(words: str, rationale: str | None, said: str) -> Html | None:
    """The tree of an example: drawn where it is small, else as a nested list to be unfolded."""
    root = parsed_list(words, rationale)
    if root is None:
        return None
    nodes = list(root.walk())
    if sum(not node.arguments for node in nodes) <= _MOST_LEAVES and root.depth() <= 12:
        return _drawn(root, said)
    shown = f"Tree of {len(nodes):,} nodes"
    if len(nodes) > _MOST_NODES:
        shown += f", of which {_MOST_NODES} are shown"
    room = [_MOST_NODES]
    unseen = tag("span", f": {said}", class_="unseen")
    return tag("details", tag("summary", shown, unseen), tag("ul", _nested(root, room, 1)))


def _nested(node: Node, room: list[int], depth: int) -> Html | None:
    """An item of a list; ``room`` is how many nodes may still be shown."""
    if room[0] <= 0:
        return None
    if depth > _MOST_LEVELS:
        return tag("li", "… deeper ones")
    room[0] -= 1
    named = f"{node.name} = {node.result}" if node.result else node.name
    if all(argument.leaf for argument in node.arguments):
        room[0] -= len(node.arguments)
        return tag("li", " ".join([f"{named}:" if node.arguments else named, *(a.name for a in node.arguments)]))
    return tag("li", named, tag("ul", (_nested(argument, room, depth + 1) for argument in node.arguments)))


def _drawn(root: Node, said: str) -> Html:
    """Leaves side by side, operators over the middle of their arguments, results beside them."""
    edges: list[Html] = []
    nodes: list[Html] = []
    step, row = 24.0, 42.0
    used = [0.0]

    def place(node: Node, depth: int) -> float:
        y = 18 + depth * row
        if not node.arguments:
            x = used[0] + 14
            used[0] += step if len(node.name) <= 2 else step + 7 * (len(node.name) - 2)
        else:
            first = used[0]
            below = [place(argument, depth + 1) for argument in node.arguments]
            x = (below[0] + below[-1]) / 2
            wide = 8 * len(node.name) + 9 * len(node.result) + 16
            if used[0] - first < wide:  # an operator of one argument is wider than what is below it
                used[0] = first + wide
            edges.extend(_edge(x, y + 9, end, y + row - 10) for end in below)
        nodes.extend(_node(node, x, y))
        return x

    place(root, 0)
    height = 36 + (root.depth() - 1) * row
    width = max(used[0] + 34, 120)
    return tag("div", drawing(width, height, said, edges, nodes, class_="tree"), class_="tree-box",
               style=f"max-width:{width * 1.25:.0f}px")  # fmt: skip


def _edge(x1: float, y1: float, x2: float, y2: float) -> Html:
    return tag("line", x1=round(x1, 1), y1=y1, x2=round(x2, 1), y2=y2, class_="edge")


def _node(node: Node, x: float, y: float) -> list[Html]:
    if node.leaf:
        return [tag("circle", cx=round(x, 1), cy=y, r=10, class_="leaf"), label(x, y + 4, node.name, class_="code")]
    wide = 8.0 * len(node.name) + 10
    parts = [
        tag("rect", x=round(x - wide / 2, 1), y=y - 10, width=wide, height=20, rx=5, class_="node"),
        label(x, y + 4, node.name, class_="code"),
    ]
    if node.result:
        parts.append(label(x + wide / 2 + 4, y + 4, node.result, "start", "hot"))
    return parts


def bracket_depths(words: str, target: str, said: str) -> Html | None:
    """Brackets at the height of how many are open, what is left open in another colour, and what closes it."""
    symbols, closing = words.split(), target.split()
    if not symbols or len(symbols) + len(closing) > _MOST_BRACKETS or not set(symbols) <= {*_PAIRS, *_PAIRS.values()}:
        return None
    heights, opened = _heights([*symbols, *closing])
    if heights is None:
        return None
    left_open = {place for place, end in opened.items() if end >= len(symbols)}
    top, step = max(heights), 15.0
    y = [14 + (top - height) * 17.0 for height in heights]
    parts: list[Html] = []
    for start, end in opened.items():
        class_ = "edge hot" if start in left_open else "edge"
        at = y[start] + 6
        parts.append(tag("line", x1=12 + start * step, y1=at, x2=12 + end * step, y2=at, class_=class_))
    for place, symbol in enumerate([*symbols, *closing]):
        hot = place in left_open or place >= len(symbols)
        parts.append(label(12 + place * step, y[place] + 4, symbol, class_="hot" if hot else "code"))
    width = max(24 + (len(heights) - 1) * step, 120)
    drawn = drawing(width, 30 + (top - 1) * 17, said, parts)
    return tag("div", drawn, class_="tree-box", style=f"max-width:{width * 1.2:.0f}px")


def _heights(symbols: Sequence[str]) -> tuple[list[int], dict[int, int]] | tuple[None, dict[int, int]]:
    """How many brackets are open at each, itself among them, and opening place -> closing place."""
    stack: list[int] = []
    heights, opened = [], {}
    for place, symbol in enumerate(symbols):
        if symbol in _PAIRS:
            if not stack or symbols[stack[-1]] != _PAIRS[symbol]:
                return None, {}
            heights.append(len(stack))
            opened[stack.pop()] = place
        elif symbol in _PAIRS.values():
            stack.append(place)
            heights.append(len(stack))
        else:
            return None, {}
    return (heights, opened) if not stack else (None, {})
