"""Explanations of who has three in a row."""

from __future__ import annotations

from functools import cache

from synthkit.generators.answers import FINAL_ANSWER
from synthkit.generators.tictactoe_positions import CELLS, LABELS, LINE_NAMES, LINES, positions

__all__ = ["EXPLANATIONS", "explanation", "explanations"]

EXPLANATIONS = ("none", "short", "full")
_IN_CELL = ("empty", "X", "O")


def explanation(position: int, level: str) -> str:
    """The explanation of a position.

    ``full`` looks at each of the eight lines in order, ``short`` names only those with three in a row; both end with
    the answer.
    """
    found = positions()
    cells, full = found.cells[position].tolist(), found.full[position].tolist()
    lines = [_line(number, cells, is_full=is_full) for number, is_full in enumerate(full) if is_full or level == "full"]
    if not lines:
        lines = ["No line has three."]
    return "\n".join([*lines, f"{FINAL_ANSWER}{LABELS[found.label[position]]}"])


def _line(number: int, cells: list[int], *, is_full: bool) -> str:
    seen = ", ".join(f"{CELLS[cell]} {_IN_CELL[cells[cell]]}" for cell in LINES[number])
    verdict = f"Three {_IN_CELL[cells[LINES[number][0]]]}." if is_full else "Not three."
    return f"{LINE_NAMES[number].capitalize()}: {seen}. {verdict}"


@cache
def explanations(level: str) -> tuple[bytes, ...]:
    """The explanation of each position; empty texts for ``none``."""
    count = len(positions().code)
    if level == "none":
        return (b"",) * count
    return tuple(explanation(number, level).encode() for number in range(count))
