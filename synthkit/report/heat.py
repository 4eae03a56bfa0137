"""Heat maps: tables of numbers as shades."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.report.charts import WIDTH
from synthkit.report.palettes import SHADES
from synthkit.report.png import encode_png, png_uri
from synthkit.report.svg import drawing, label, short_number, shortened
from synthkit.report.tags import Html, tag

__all__ = ["heat_map"]

_MOST_CELLS_WITH_NUMBERS = 160


def heat_map(
    table: npt.NDArray[Any],
    row_names: Sequence[str],
    column_names: Sequence[str],
    said: str,
    *,
    most: float | None = None,
    axes: tuple[str, str] = ("", ""),
    height: float | None = None,
) -> Html:
    """Numbers as shades, from 0 (clear) to the largest (full).

    Args:
        table: [rows, columns], not negative; what is no number is clear.
        row_names: Names of all rows, or of the first and the last.
        column_names: Names of all columns, or of the first and the last.
        said: What the drawing shows, in words.
        most: The number that is full; by default the largest.
        axes: What rows and columns are.
        height: Of the cells together, which then are as wide as there is room and bear no numbers; by default cells
            are square where they can be, with their numbers where they fit.
    """
    count, width = table.shape
    top = float(np.nanmax(table, initial=0)) if most is None else most
    shares = np.nan_to_num(np.clip(table / top if top > 0 else table * 0.0, 0, 1))
    image = png_uri(encode_png(np.round(shares * 255).astype(np.uint8), SHADES))
    left = 24 + 6.4 * max((len(shortened(name, 14)) for name in row_names), default=0)
    room = WIDTH - left - 8
    cell = min(room / width, 34)
    across = max(cell * width, min(room, 120)) if height is None else room
    tall = max(min(cell, 22), 15 if count <= 16 else 4)
    down = min(max(tall * count, 22.0), 240) if height is None else height
    words = len(column_names) > 2 and not all(name.lstrip("-").isdecimal() for name in column_names)
    turned = words and max(map(len, column_names)) * 6.2 > across / width
    below = 20 + (5.4 * max(len(shortened(name, 14)) for name in column_names) if turned else 14)
    parts: list[Any] = [
        tag("image", href=image, x=left, y=6, width=across, height=down, preserveAspectRatio="none", class_="cells"),
        _cell_lines(count, width, left, across, down),
        tag("rect", x=left, y=6, width=across, height=down, class_="frame"),
        _row_labels(row_names, count, left - 5, 6, down),
        _column_labels(column_names, width, left, across, 6 + down, turned=turned),
        label(left + across / 2, 6 + down + below + 6, axes[1], class_="title"),
    ]
    fits = table.size <= _MOST_CELLS_WITH_NUMBERS and across / width >= 20 and down / count >= 11
    if height is None and fits:
        parts.append(_figures(table, shares, left, 6, across / width, down / count))
    total = 6 + down + below + (12 if axes[1] else 0)
    if axes[0]:
        parts.append(
            tag("text", axes[0], x=9, y=6 + down / 2, text_anchor="middle", class_="title",
                transform=f"rotate(-90 9 {6 + down / 2:.2f})")
        )  # fmt: skip
    return drawing(WIDTH, total, said, parts)


def _cell_lines(rows: int, columns: int, left: float, across: float, down: float) -> list[Html]:
    """Gaps between cells that are large enough to have some."""
    found = []
    if across / columns >= 7:
        for k in range(1, columns):
            x = round(left + k * across / columns, 2)
            found.append(tag("line", x1=x, y1=6, x2=x, y2=round(6 + down, 2), class_="gap"))
    if down / rows >= 5:
        for k in range(1, rows):
            y = round(6 + k * down / rows, 2)
            found.append(tag("line", x1=round(left, 2), y1=y, x2=round(left + across, 2), y2=y, class_="gap"))
    return found


def _row_labels(names: Sequence[str], count: int, x: float, top: float, down: float) -> list[Html]:
    places = _places(len(names), count)
    thin = max(math.ceil(11 * len(names) / max(down, 1)), 1) if len(names) == count else 1
    return [
        label(x, top + (place + 0.5) * down / count + 3.5, shortened(name, 14), "end")
        for k, (place, name) in enumerate(zip(places, names, strict=True))
        if k % thin == 0
    ]


def _column_labels(
    names: Sequence[str], count: int, left: float, across: float, y: float, *, turned: bool
) -> list[Html]:
    if len(names) == 2 and count > 2:
        ends = zip((left, left + across), names, ("start", "end"), strict=True)
        return [label(x, y + 14, shortened(name, 14), anchor) for x, name, anchor in ends]
    found = []
    for k, name in enumerate(names):
        x = left + (k + 0.5) * across / count
        if turned:
            if k % max(math.ceil(11 * len(names) / across), 1) == 0:
                turn = f"rotate(-60 {x + 4:.2f} {y + 12:.2f})"
                found.append(tag("text", shortened(name, 14), x=x + 4, y=y + 12, text_anchor="end", transform=turn))
        elif k % max(math.ceil(7 * max(map(len, names)) * count / across), 1) == 0:
            found.append(label(x, y + 14, name))
    return found


def _places(named: int, count: int) -> list[int]:
    return list(range(count)) if named == count else [0, count - 1][:named]


def _figures(
    table: npt.NDArray[Any], shares: npt.NDArray[np.float64], left: float, top: float, across: float, down: float
) -> list[Html]:
    whole = table.dtype.kind in "iu"
    found = []
    for i, row in enumerate(table.tolist()):
        for j, value in enumerate(row):
            if not math.isfinite(value):
                continue
            said = short_number(value) if whole else f"{value:.2f}"
            if len(said) * 5.4 <= across:
                x, y = left + (j + 0.5) * across, top + (i + 0.5) * down + 3.2
                found.append(label(x, y, said, class_="on" if shares[i, j] > 0.55 else "in"))
    return found
