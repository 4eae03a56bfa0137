"""Charts: bars, curves and intervals, each with its numbers beside it as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthkit.report.svg import (
    Scale,
    drawing,
    horizontal_axis,
    label,
    shortened,
    ticks,
    vertical_axis,
)
from synthkit.report.tags import Html, tag

__all__ = ["WIDTH", "Estimate", "columns", "curves", "estimates", "figure", "named_bars", "numbers", "scrolled"]

WIDTH = 340


def figure(title: Any, drawn: Html, *beside: Any, class_: str | None = None) -> Html:
    """A drawing with its title, and what belongs to it."""
    return tag("figure", tag("figcaption", title), drawn, *beside, class_=class_)


def numbers(of: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Html:
    """The numbers of a chart, to be unfolded."""
    return tag(
        "details",
        tag("summary", "Numbers", tag("span", f" of {of}", class_="unseen")),
        scrolled(f"Numbers of {of}", header, rows),
    )


def scrolled(of: str, header: Sequence[Any], rows: Sequence[Sequence[Any]]) -> Html:
    """A table that scrolls by itself where the page is narrow; the first cell of a row is its head."""
    head = tag("tr", (tag("th", cell, scope="col") for cell in header))
    body = (tag("tr", tag("th", row[0], scope="row"), (tag("td", _shown(cell)) for cell in row[1:])) for row in rows)
    table = tag("table", tag("caption", of, class_="unseen"), tag("thead", head), tag("tbody", body))
    return tag("div", table, class_="scroll", role="region", aria_label=of, tabindex=0)


def _shown(cell: Any) -> Any:
    if isinstance(cell, int | np.integer):
        return f"{int(cell):,}"
    return f"{cell:.4g}" if isinstance(cell, float) else cell


def columns(counts: Sequence[int], ends: tuple[str, str], said: str, unit: str = "") -> Html:
    """Upright bars, side by side in the order of their numbers.

    Args:
        counts: Height of each bar.
        ends: What the first and the last bar stand for.
        said: What the drawing shows, in words.
        unit: Below the axis.
    """
    left, top, bottom, height = 46, 8, 150, 186
    up = Scale(0, max(max(counts, default=0), 1), bottom, top)
    step = (WIDTH - left - 8) / max(len(counts), 1)
    gap = min(step * 0.15, 2)
    bars = [
        tag(
            "rect",
            x=round(left + k * step + gap / 2, 2),
            y=round(up(count), 2),
            width=round(step - gap, 2),
            height=round(bottom - up(count), 2),
            class_="bar",
        )
        for k, count in enumerate(counts)
    ]
    words = [
        tag("line", x1=left, y1=bottom, x2=WIDTH - 8, y2=bottom, class_="axis"),
        label(left, bottom + 15, shortened(ends[0], 20), "start"),
        label(WIDTH - 8, bottom + 15, shortened(ends[1], 20), "end"),
        label((left + WIDTH - 8) / 2, bottom + 29, unit),
    ]
    return drawing(WIDTH, height, said, vertical_axis(up, left, ticks(0, up.high, 5), WIDTH - 8), bars, words)


def named_bars(names: Sequence[str], counts: Sequence[int], said: str) -> Html:
    """Lying bars with names before and counts behind them."""
    row, left, right = 20, 116, WIDTH - 62
    along = Scale(0, max(max(counts, default=0), 1), left, right)
    parts: list[Html] = []
    for k, (name, count) in enumerate(zip(names, counts, strict=True)):
        y = 4 + k * row
        parts += [
            label(left - 6, y + 14, shortened(name, 17), "end"),
            tag("rect", x=left, y=y + 3, width=round(along(count) - left, 2), height=row - 6, class_="bar"),
            label(along(count) + 5, y + 14, f"{count:,}", "start"),
        ]
    return drawing(WIDTH, len(names) * row + 8, said, parts)


def curves(lines: Mapping[str, Sequence[tuple[float, float]]], said: str, along: str) -> Html:
    """Curves over one axis; a curve of one point is a dot. Points that are no finite numbers are left out."""
    left, top, bottom, height = 52, 10, 150, 186
    kept = {name: [p for p in points if all(map(math.isfinite, p))] for name, points in lines.items()}
    every = [point for points in kept.values() for point in points]
    if not every:
        return tag("p", "No finite numbers.")
    xs, ys = [x for x, _ in every], [y for _, y in every]
    spread = (max(ys) - min(ys)) * 0.05 or abs(ys[0]) * 0.05 or 1.0
    across = Scale(min(xs), max(xs), left, WIDTH - 12)
    up = Scale(min(ys) - spread, max(ys) + spread, bottom, top)
    parts: list[Any] = [
        vertical_axis(up, left, ticks(up.low, up.high, 5), WIDTH - 8),
        horizontal_axis(across, bottom, ticks(across.low, across.high, 5), along),
    ]
    for number, points in enumerate(kept.values()):
        places = [f"{across(x):.2f},{up(y):.2f}" for x, y in points]
        parts.append(tag("polyline", points=" ".join(places), class_=f"curve c{number % 4}"))
        if len(points) <= 40:
            parts += [
                tag("circle", cx=round(across(x), 2), cy=round(up(y), 2), r=2.2, class_=f"dot c{number % 4}")
                for x, y in points
            ]
    legend = list(kept) if len(kept) > 1 else []
    for number, name in enumerate(legend):
        parts.append(label(left, height + 10 + 14 * number, f"― {shortened(name, 40)}", "start", f"c{number % 4}"))
    return drawing(WIDTH, height + 14 * len(legend), said, parts)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval.

    Attributes:
        name: What it is of.
        value: The number.
        interval: Its ends; None where there is none.
        beside: Another number to be compared with, e.g. a baseline's.
        points: Single values that the number is the mean of.
    """

    name: str
    value: float
    interval: tuple[float, float] | None = None
    beside: float | None = None
    points: tuple[float, ...] = ()

    @property
    def dots(self) -> list[float]:
        """All numbers but the interval."""
        return [v for v in (self.value, self.beside, *self.points) if v is not None]

    @property
    def ends(self) -> list[float]:
        """All numbers that are drawn."""
        return [*self.dots, *(self.interval or ())]


def estimates(rows: Sequence[Estimate], said: str, span: tuple[float, float] | None = (0.0, 1.0)) -> Html:
    """Dots with their intervals, a row each; a bar across is what they are compared with.

    Args:
        rows: The numbers.
        said: What the drawing shows, in words.
        span: Ends of the axis, which is widened for numbers beyond them, but not for intervals, which then are cut at
            the edge; None for the ends of all that is drawn.
    """
    row, right = 20, WIDTH - 14
    left = min(max(8 + 6.4 * max((len(each.name) for each in rows), default=0), 70), 170)
    every = [end for each in rows for end in (each.ends if span is None else each.dots) if math.isfinite(end)]
    low = min([*every, *(span or ())], default=0.0)
    high = max([*every, *(span or ())], default=1.0)
    across = Scale(low, high, left, right)
    bottom = 6 + len(rows) * row
    marks = ticks(low, high, 5)
    parts: list[Any] = [
        tag("line", x1=round(across(m), 2), y1=4, x2=round(across(m), 2), y2=bottom, class_="faint") for m in marks
    ]
    parts.append(horizontal_axis(across, bottom, marks))
    for k, each in enumerate(rows):
        parts.append(_estimate(each, across, left, 4 + k * row + row / 2))
    return drawing(WIDTH, bottom + 22, said, parts)


def _estimate(each: Estimate, across: Scale, left: float, y: float) -> list[Html]:
    parts = [label(left - 6, y + 4, shortened(each.name, 25), "end")]
    if each.interval is not None:
        x1, x2 = (round(min(max(across(end), across.start), across.end), 2) for end in each.interval)
        parts.append(tag("line", x1=x1, x2=x2, y1=y, y2=y, class_="whisker"))
    if each.beside is not None:
        x = round(across(each.beside), 2)
        parts.append(tag("line", x1=x, x2=x, y1=y - 6, y2=y + 6, class_="beside"))
    parts += [tag("circle", cx=round(across(p), 2), cy=y, r=2.2, class_="one") for p in each.points]
    if math.isfinite(each.value):
        parts.append(tag("circle", cx=round(across(each.value), 2), cy=y, r=4, class_="dot"))
    return parts
