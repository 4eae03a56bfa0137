"""Curves of a training, term by term."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthkit.report.charts import curves, figure, numbers
from synthkit.report.svg import short_number
from synthkit.report.tags import Html, tag

__all__ = ["curve_figures", "read_log", "thinned"]

_MOST_POINTS = 300
_MOST_ROWS = 40

Points = list[tuple[float, float]]


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a training's log; a last line that a kill cut off is left out, no file is no lines."""
    lines: list[dict[str, Any]] = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def curve_figures(lines: Sequence[Mapping[str, Any]]) -> list[Html]:
    """A curve for each term of the log; empty where nothing was logged."""
    terms: dict[str, Points] = {}
    for line in lines:
        for name, value in line.items():
            if name != "step" and isinstance(value, int | float):
                terms.setdefault(name, []).append((float(line["step"]), float(value)))
    if not terms:
        return []
    return [tag("div", [_figure(name, points) for name, points in terms.items()], class_="grid")]


def _figure(name: str, points: Points) -> Html:
    shown = thinned(points, _MOST_POINTS)
    last = f"{_said(points[-1][1])} at step {points[-1][0]:,.0f}"
    said = f"{name} over {len(points):,} logged steps: first {_said(points[0][1])}, last {last}"
    rows = [(f"{x:,.0f}", f"{y:.5g}") for x, y in thinned(points, _MOST_ROWS)]
    drawn = curves({name: shown}, said, "step")
    return figure([name, " ", tag("small", f"last {last}")], drawn, numbers(name, ("step", name), rows))


def _said(value: float) -> str:
    return short_number(value) if math.isfinite(value) else "no number"


def thinned(points: Points, most: int) -> Points:
    """At most so many points, evenly spread, the first and the last among them."""
    if len(points) <= most:
        return points
    places = [round(k * (len(points) - 1) / (most - 1)) for k in range(most)]
    return [points[place] for place in places]
