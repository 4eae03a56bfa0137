"""Shapes in NumPy: every point of the whole canvas is tried, one image after the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.ops.reference.elementary import sin_quarter

__all__ = ["draw", "inside", "turn"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_HEART_REACH = 1.424547782020334


def draw(
    kinds: npt.NDArray[np.int32],
    poses: Floats,
    inks: Bytes,
    papers: Bytes,
    *,
    canvas: int,
    fineness: int,
    threads: int,
) -> Bytes:
    """See `synthkit.ops.shapes.draw`."""
    del threads
    images = np.empty((len(kinds), canvas, canvas, inks.shape[1]), np.uint8)
    points = np.arange(canvas)[:, None] + np.arange(1, 2 * fineness, 2)[None, :] * (1.0 / (2 * fineness))
    for i, (x, y, size, degrees) in enumerate(poses.tolist()):
        cosine, sine = (part / (0.5 * size) for part in turn(degrees))
        dx = (points - x)[None, None, :, :]
        dy = (y - points)[:, :, None, None]
        found = inside(int(kinds[i]), cosine * dx + sine * dy, cosine * dy - sine * dx)
        covered = found.sum(axis=(1, 3))[:, :, None]
        whole = fineness * fineness
        ink, paper = inks[i].astype(np.int64), papers[i].astype(np.int64)
        images[i] = (ink * covered + paper * (whole - covered) + whole // 2) // whole
    return images


def turn(degrees: float) -> tuple[float, float]:
    """Cosine and sine of an angle in degrees, exact at whole quarters of a turn."""
    quarters = degrees / 90.0
    whole = round(quarters)
    sines = sin_quarter(np.array([0.5, 1.0]) * (quarters - whole))
    cosine, sine = 1.0 - 2.0 * float(sines[0] * sines[0]), float(sines[1])
    for _ in range(whole % 4):
        cosine, sine = -sine, cosine
    return cosine, sine


def inside(kind: int, u: Floats, v: Floats) -> Flags:
    """Which points are in a shape (0 square, 1 ellipse, 2 triangle, 3 cross, 4 heart) of the unit circle."""
    across, along = np.abs(u), np.abs(v)
    if kind == 0:
        return np.maximum(across, along) <= 0.7071067811865476
    if kind == 1:
        return u * u + 4.0 * (v * v) <= 1.0
    if kind == 2:
        return (0.8660254037844386 * across + 0.5 * v <= 0.5) & (v >= -0.5)
    if kind == 3:
        reach, half = 0.9486832980505138, 0.31622776601683794
        return (np.maximum(across, along) <= reach) & (np.minimum(across, along) <= half)
    a, b = _HEART_REACH * u, _HEART_REACH * v
    q = a * a + b * b - 1.0
    return q * q * q <= a * a * (b * b * b)
