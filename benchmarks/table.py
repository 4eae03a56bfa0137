"""Rows of the table that a benchmark prints."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

__all__ = ["Row", "alternating", "print_rows"]


@dataclass(frozen=True)
class Row:
    """One measured thing.

    Attributes:
        what: What was timed.
        figure: Its own figure, e.g. ``2.4 G samples/s``.
        baseline: What it is compared with.
        ratio: The comparison as a number.
        target: What was promised, e.g. ``>= 0.7``; empty where nothing was.
    """

    what: str
    figure: str
    baseline: str
    ratio: float
    target: str = ""

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        if not self.target:
            return True
        sign, limit = self.target.split()[:2]
        return self.ratio >= float(limit) if sign == ">=" else self.ratio <= float(limit)


def alternating(rounds: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Best seconds of each call, all of them in turn in each round: a noisy spell then hits them alike."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def print_rows(title: str, rows: list[Row]) -> None:
    """The table, with a mark where a target was missed."""
    table = Table("what", "figure", "against", "ratio", "target", "", title=title)
    for row in rows:
        mark = "" if not row.target else ("ok" if row.met else "missed")
        table.add_row(row.what, row.figure, row.baseline, f"{row.ratio:.2f}", row.target, mark)
    console = Console()
    if not console.is_terminal:
        console.width = 150
    console.print(table)
