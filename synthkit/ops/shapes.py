"""Images of one plane shape each."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import as_array, choose, finite, whole
from synthkit.ops.reference import shapes as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "MAX_CANVAS", "MAX_FINENESS", "SHAPES", "SYMMETRY", "draw"]

BACKENDS: dict[str, ModuleType] = {"cpu": _core.shapes, "reference": reference}

SHAPES = ("square", "ellipse", "triangle", "cross", "heart")
SYMMETRY = {"square": 90, "ellipse": 180, "triangle": 120, "cross": 90, "heart": 360}
"""Degrees of the smallest turn that brings a shape onto itself."""

MAX_CANVAS = 256
MAX_FINENESS = 16
_MOST_BYTES = 2**40
_TURN = 360.0

Bytes = npt.NDArray[np.uint8]


def draw(
    shape: Sequence[str] | npt.NDArray[Any],
    x: Any,
    y: Any,
    size: Any,
    rotation: Any,
    *,
    ink: Any,
    paper: Any,
    canvas: int,
    fineness: int = 4,
    threads: int | None = None,
    device: str = "cpu",
) -> Bytes:
    """Draw one shape on each canvas.

    A shape touches the circle of diameter ``size`` about (x, y) and stays inside of it, however it is turned: a square
    (side size / sqrt 2), an ellipse (axes size and size / 2), an equilateral triangle, a cross of five equal squares,
    and the heart (a^2 + b^2 - 1)^3 = a^2 b^3. A pixel is tried at ``fineness`` x ``fineness`` points, evenly spaced;
    with c of them inside it is (c ink + (fineness^2 - c) paper) / fineness^2, rounded to nearest. Points are placed by
    IEEE + - * / alone, so that the bytes are the same on any machine.

    Args:
        shape: Names [n], out of `SHAPES`.
        x: Centre, pixels from the left edge, a number or [n]; pixel k lies between k and k + 1.
        y: Centre, pixels from the top edge, a number or [n].
        size: Diameter of the circle about the shape, pixels, above 0, a number or [n]; all of the circle must be on the
            canvas.
        rotation: Degrees counter-clockwise, -360 to 360, a number or [n]. At 0 the ellipse lies, and triangle and heart
            have a corner up and down.
        ink: Colour of the shape, uint8 [n, channels].
        paper: Colour of the rest, uint8 [n, channels].
        canvas: Height and width, pixels, 1 to 256.
        fineness: Points along each side of a pixel, 1 (hard edges) to 16.
        threads: Threads; None for one a core.
        device: ``cpu`` or ``reference``.

    Returns:
        uint8 [n, canvas, canvas, channels]. Cost O(n (canvas^2 + size^2 fineness^2)).

    Raises:
        InputError: Any of these is wrong; the row is named.
    """
    side = whole("canvas", canvas, 1, MAX_CANVAS)
    points = whole("fineness", fineness, 1, MAX_FINENESS)
    kinds = _kinds(shape)
    n = len(kinds)
    poses = np.stack(
        [_column(name, v, n) for name, v in (("x", x), ("y", y), ("size", size), ("rotation", rotation))], 1
    )
    inks, papers = _colours("ink", ink, n), _colours("paper", paper, n)
    if inks.shape != papers.shape:
        raise InputError(f"paper: must be uint8 {list(inks.shape)} as ink, not {list(papers.shape)}")
    if n * side * side * inks.shape[1] > _MOST_BYTES:
        raise InputError(f"shape: {n} images of {side} x {side} are too many at a time")
    _refuse_outside(poses, side)
    kernel = BACKENDS[choose(device, BACKENDS, name="device")]
    images: Bytes = kernel.draw(kinds, poses, inks, papers, canvas=side, fineness=points, threads=thread_count(threads))
    return images


def _kinds(shape: Any) -> npt.NDArray[np.int32]:
    """Position among `SHAPES` of each name."""
    names = as_array("shape", shape)
    if names.ndim != 1:
        raise InputError(f"shape: must be names [n], not {list(names.shape)}")
    kinds = np.full(len(names), -1, np.int32)
    for kind, name in enumerate(SHAPES):
        kinds[names == name] = kind
    unknown = np.flatnonzero(kinds < 0)
    if len(unknown):
        row = int(unknown[0])
        raise InputError(f"shape: row {row}: {names.tolist()[row]!r} is none of: {', '.join(SHAPES)}")
    return kinds


def _column(name: str, values: Any, n: int) -> npt.NDArray[np.float64]:
    column = finite(name, values)
    if column.shape not in ((1,), (n,)):
        raise InputError(f"{name}: must be a number or [{n}], not {list(column.shape)}")
    return np.broadcast_to(column, (n,))


def _colours(name: str, values: Any, n: int) -> Bytes:
    array = as_array(name, values)
    if array.dtype != np.uint8 or array.ndim != 2 or len(array) != n or array.shape[1] < 1:
        raise InputError(f"{name}: must be uint8 [{n}, channels], not {array.dtype} {list(array.shape)}")
    return np.ascontiguousarray(array)


def _refuse_outside(poses: npt.NDArray[np.float64], side: int) -> None:
    """Every shape must be on the canvas, with a size, and turned by no more than a whole turn."""
    size, rotation = poses[:, 2], poses[:, 3]
    _refuse_row("size", ~(size > 0), size, "must be above 0")
    _refuse_row("rotation", ~(np.abs(rotation) <= _TURN), rotation, "must be from -360 to 360 degrees")
    for k, name in enumerate(("x", "y")):
        centre = poses[:, k]
        outside = (centre - 0.5 * size < 0) | (centre + 0.5 * size > side)
        _refuse_row(name, outside, centre, f"puts the shape's circle beyond the canvas of {side} pixels")


def _refuse_row(name: str, wrong: npt.NDArray[np.bool_], values: npt.NDArray[np.float64], what: str) -> None:
    rows = np.flatnonzero(wrong)
    if len(rows):
        raise InputError(f"{name}: row {int(rows[0])}: {values[rows[0]]:g} {what}")
