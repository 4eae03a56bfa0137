"""Markdown of cards: text that stays text, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["plain", "table"]

_ESCAPED = str.maketrans(
    {"|": r"\|", "<": "&lt;", ">": "&gt;", "\\": r"\\", "`": r"\`", "*": r"\*", "_": r"\_", "\n": " ", "\r": " "}
)


def plain(text: str) -> str:
    """Text on one line that can neither break a table nor become markup."""
    return text.translate(_ESCAPED)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are plain text."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(plain(cell) for cell in row) + " |" for row in rows]
    return "\n".join([*lines, ""])
