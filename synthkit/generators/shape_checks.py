"""What a recipe of shapes must keep to: all on the canvas, all to be seen, no image twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.generators.resolve import extreme_field
from synthkit.ops import shapes
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.recipe.factors import FactorBase
from synthkit.records import FactorValue

__all__ = ["COLORS", "Varied", "canvas_problems", "shade_problems", "turn_problems"]

COLORS = {
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "orange": (255, 165, 0),
}

_MOST_TRIED = 1_000_000
_SAME_TURN = 1e-9
Shades = Callable[[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]], Any]


class Varied:
    """Which values each factor takes in a recipe: those of its factors, and the one in the parameters for the rest."""

    def __init__(self, recipe: Recipe, params: Record) -> None:
        self._factors: dict[str, FactorBase] = {factor.name: factor for factor in recipe.factors}
        self._params = params

    def listed(self, name: str) -> tuple[FactorValue, ...] | None:
        """The values in order; None where there are more than 1000 or a range."""
        if name in self._factors:
            return self._factors[name].info().values
        return (getattr(self._params, name),)

    def values(self, name: str) -> npt.NDArray[Any] | None:
        """The values in order; None where there are more than a million or a range."""
        if name not in self._factors:
            return np.array([getattr(self._params, name)])
        factor = self._factors[name]
        if factor.levels is None or factor.levels > _MOST_TRIED:
            return None
        return factor.at(np.arange(factor.levels, dtype=np.int64))

    def names(self, name: str) -> tuple[str, ...]:
        """The values of a factor of names."""
        return tuple(str(value) for value in self.listed(name) or ())

    def whole(self, name: str) -> list[int]:
        """The values of a factor of whole numbers, up to 256 of them."""
        return [int(value) for value in self.listed(name) or ()]

    def ends(self, name: str) -> tuple[float, float]:
        """Smallest and largest value of a number."""
        if name in self._factors:
            return self._factors[name].extremes or (0.0, 0.0)
        value = float(getattr(self._params, name))
        return value, value

    def place(self, name: str, *, largest: bool = True) -> str:
        """Path of the field that holds the smallest or largest value."""
        if name in self._factors:
            return extreme_field(self._factors[name], largest=largest)
        return f"params.{name}"

    def target_problems(self, name: str) -> list[str]:
        """What is asked for must vary, by levels."""
        factor = self._factors.get(name)
        if factor is None:
            names = ", ".join(self._factors)
            return [f"params.target: the recipe does not vary {name!r}; name one of its factors: {names}"]
        if factor.levels is None:
            return [f"params.target: {name!r} is drawn from a range; ask for a factor with levels"]
        return []


def canvas_problems(varied: Varied, canvas: int) -> list[str]:
    """The largest shape must be on the canvas wherever it may be, in the arithmetic of `synthkit.ops.shapes.draw`."""
    size = varied.ends("size")[1]
    found = []
    for name, sides in (("x", ("left", "right")), ("y", ("top", "bottom"))):
        low, high = varied.ends(name)
        for value, side, beyond in (
            (low, sides[0], low - 0.5 * size < 0),
            (high, sides[1], high + 0.5 * size > canvas),
        ):
            if beyond:
                least, most = 0.5 * size, canvas - 0.5 * size
                found.append(
                    f"{varied.place(name, largest=side == sides[1])}: {value:g} px puts a shape of size {size:g} px "
                    f"({varied.place('size')}) beyond the {side} edge; "
                    + (f"keep {name} within {least:g} to {most:g}" if least <= most else "the canvas is too small")
                )
    return found


def turn_problems(varied: Varied) -> list[str]:
    """No two turns may bring a shape onto itself."""
    values, (low, high) = varied.values("rotation"), varied.ends("rotation")
    for name in varied.names("shape"):
        angle = shapes.SYMMETRY[name]
        twins = _first_twins(values, angle) if values is not None else ((low, high) if high - low > angle else None)
        if twins is not None:
            return [
                f"{varied.place('rotation')}: a {name} turned by {twins[0]:g} or {twins[1]:g} degrees is one image; "
                f"keep the turns within {angle} degrees, the end left out, or set params.allow_repeats = true"
            ]
    return []


def _first_twins(values: npt.NDArray[Any], angle: int) -> tuple[float, float] | None:
    """Two turns that differ by a multiple of an angle."""
    rest = np.mod(values.astype(np.float64), angle)
    order = np.argsort(rest, kind="stable")
    around = np.append(rest[order], rest[order[0]] + angle)  # just below the angle is next to 0
    near = np.flatnonzero(np.diff(around) < _SAME_TURN)
    if not len(near):
        return None
    pair = sorted((float(values[order[near[0]]]), float(values[order[(near[0] + 1) % len(order)]])))
    return pair[0], pair[1]


def shade_problems(varied: Varied, shades: Shades, *, repeats: bool) -> list[str]:
    """Shapes must differ from their background and, unless repeats are allowed, shades from one another.

    Args:
        varied: The recipe's values.
        shades: Colours, intensities and backgrounds [n] -> levels of ink and paper, [n, channels] each.
        repeats: Different values may give one image.
    """
    inks = [(color, value) for color in varied.names("color") for value in varied.whole("intensity")]
    papers = varied.whole("background")
    colors, intensities = np.array([color for color, _ in inks], object), np.array([value for _, value in inks])
    ink = _keys(shades(colors, intensities, np.zeros(len(inks), np.int64))[0])
    paper = _keys(shades(np.full(len(papers), "white", object), np.zeros(len(papers), np.int64), np.array(papers))[1])
    where = varied.place("background")
    for key, (color, value) in zip(ink, inks, strict=True):
        if key in paper:
            level = papers[paper.index(key)]
            return [f"{where}: {level} is as {color} at intensity {value} once quantised: the shape would not be seen"]
    hint = "use more params.levels or other values, or set params.allow_repeats = true"
    if not repeats and (pair := _first_pair(ink)):
        (color, value), (other, level) = inks[pair[0]], inks[pair[1]]
        return [f"params.levels: {color} at intensity {value} and {other} at {level} become one shade; {hint}"]
    if not repeats and (pair := _first_pair(paper)):
        return [f"{where}: {papers[pair[0]]} and {papers[pair[1]]} become one level; {hint}"]
    return []


def _keys(table: npt.NDArray[np.uint8]) -> list[tuple[int, ...]]:
    return [tuple(row) for row in table.tolist()]


def _first_pair(keys: list[tuple[int, ...]]) -> tuple[int, int] | None:
    """Positions of the first two that are the same."""
    first: dict[tuple[int, ...], int] = {}
    for k, key in enumerate(keys):
        if key in first:
            return first[key], k
        first[key] = k
    return None
