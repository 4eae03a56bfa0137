"""Drawings: axes, ticks and the words around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from synthkit.report.tags import Html, tag

__all__ = ["Scale", "drawing", "horizontal_axis", "label", "short_number", "shortened", "ticks", "vertical_axis"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers to places in a drawing, in a straight line.

    Attributes:
        low: Number at ``start``.
        high: Number at ``end``; where it is ``low``, all numbers are in the middle.
        start: Place, in units of the drawing.
        end: Place.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def drawing(width: float, height: float, said: str, *content: Any, class_: str | None = None) -> Html:
    """A drawing with what is to be said in its place."""
    return tag("svg", *content, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=said, class_=class_)


def label(x: float, y: float, words: str, anchor: str = "middle", class_: str | None = None) -> Html:
    """Words in a drawing; ``anchor`` is ``start``, ``middle`` or ``end``."""
    return tag("text", words, x=round(x, 2), y=round(y, 2), text_anchor=anchor, class_=class_)


def shortened(words: str, most: int) -> str:
    """The beginning of words that are too long."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def short_number(value: float) -> str:
    """A number on an axis: ``1,200``, ``0.25``, ``3.2e+06``."""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    return f"{value:.3g}"


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from low to high, at most so many: steps of 1, 2 or 5 times a power of ten."""
    if not math.isfinite(low) or not math.isfinite(high) or high <= low:
        return [low]
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    while (high - low) / step >= most:
        step *= 2.5 if f"{step:e}".startswith("2") else 2
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _tick_names(marks: Sequence[float]) -> list[str]:
    """Ticks with as many decimals as tell them apart."""
    largest = max(map(abs, marks), default=0.0)
    if len(marks) < 2 or largest >= 1e6 or not marks[1] - marks[0] >= 1e-4:
        return [short_number(mark) for mark in marks]
    decimals = max(-math.floor(math.log10(marks[1] - marks[0]) + 1e-9), 0)
    return [f"{mark:,.{decimals}f}" for mark in marks]


def horizontal_axis(scale: Scale, y: float, marks: Sequence[float], title: str = "") -> list[Html]:
    """A line with ticks below it."""
    found = [_line(scale.start, y, scale.end, y)]
    for mark, name in zip(marks, _tick_names(marks), strict=True):
        x = scale(mark)
        found += [_line(x, y, x, y + 4), label(x, y + 15, name)]
    if title:
        found.append(label((scale.start + scale.end) / 2, y + 29, title))
    return found


def vertical_axis(scale: Scale, x: float, marks: Sequence[float], to: float) -> list[Html]:
    """Numbers at the left, with faint lines to the right up to ``to``."""
    found: list[Html] = []
    for mark, name in zip(marks, _tick_names(marks), strict=True):
        y = scale(mark)
        found += [_line(x, y, to, y, "faint"), label(x - 5, y + 3.5, name, "end")]
    return found


def _line(x1: float, y1: float, x2: float, y2: float, class_: str = "axis") -> Html:
    return tag("line", x1=round(x1, 2), y1=round(y1, 2), x2=round(x2, 2), y2=round(y2, 2), class_=class_)
