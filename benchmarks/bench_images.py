"""Shapes and numbers as text on one thread, against NumPy and Python.

Predicted: a number as text is one look-up and one store, 1 to 2 ns. A point of a shape needs some ten operations, two
at a time, and only the square about the circle is tried: 5 to 10 us an image of 16 x 16 pixels with 16 points each.

Measured: 2.2 to 2.7 ns a number, 11 times faster than Python's `join` over a table of 256 texts; 2.7 to 4.1 us an
image, 16 to 26 times faster than the twin, which tries the whole canvas with NumPy, image by image.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from benchmarks.table import Row, alternating
from synthkit.ops import shapes, text

__all__ = ["run"]

_CANVAS = 16
_TABLE = [str(value) for value in range(256)]


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time both kernels; returns the table's title and rows."""
    images, rounds = (50, 1) if smoke else (2000, 7)
    return "images as sequences, 1 thread", [_joining(images, rounds), *_drawing(images, rounds)]


def _joining(images: int, rounds: int) -> Row:
    values = np.random.default_rng(1).integers(0, 256, (images, 3072), np.uint8)

    def plain() -> list[str]:
        return [" ".join([_TABLE[value] for value in row]) for row in values.tolist()]

    offsets, data = text.join_integers(values, threads=1)
    joined = [data[a:b].tobytes().decode() for a, b in pairwise(offsets)]
    assert joined == plain()
    best = alternating(rounds, ours=lambda: text.join_integers(values, threads=1), plain=plain)
    figure = f"{best['ours'] / values.size * 1e9:.1f} ns a number"
    return Row("3,072 numbers as text", figure, "join over a table", best["plain"] / best["ours"], ">= 4")


def _drawing(images: int, rounds: int) -> list[Row]:
    rng = np.random.default_rng(2)
    size = rng.uniform(6, 11, images)
    x, y = (rng.uniform(size / 2, _CANVAS - size / 2) for _ in range(2))
    rotation = rng.uniform(0, 90, images)
    ink, paper = np.full((images, 3), 255, np.uint8), np.zeros((images, 3), np.uint8)
    rows = []
    for name in shapes.SHAPES:
        names = [name] * images

        def draw(device: str = "cpu", *, names: list[str] = names) -> np.ndarray:
            return shapes.draw(
                names, x, y, size, rotation, ink=ink, paper=paper, canvas=_CANVAS, threads=1, device=device
            )

        assert np.array_equal(draw(), draw("reference"))
        best = alternating(rounds, ours=draw, twin=lambda draw=draw: draw("reference"))
        figure = f"{images / best['ours']:,.0f} images/s"
        rows.append(Row(f"{name}, 16 x 16 RGB", figure, "NumPy, image by image", best["twin"] / best["ours"], ">= 5"))
    return rows
