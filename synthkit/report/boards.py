"""Tic-Tac-Toe boards and images that texts stand for."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from synthkit.dataset.tasks import WINNING_LINES
from synthkit.errors import InputError
from synthkit.generators.tictactoe_positions import positions
from synthkit.generators.tictactoe_text import read_position
from synthkit.report.png import encode_rgb, png_uri
from synthkit.report.svg import drawing, label
from synthkit.report.tags import Html, tag

__all__ = ["board_of", "board_picture", "image_of", "image_picture"]

_MOST_SIDE = 256


def board_of(words: str, notation: str) -> str | None:
    """The nine cells of a position, ``.`` where one is empty; None where the text is none.

    Args:
        words: The position.
        notation: How it is written: ``rows``, ``coordinates`` or ``moves``.
    """
    try:
        cells = positions().cells[read_position(words, notation)].tolist()
    except InputError:
        return None
    return "".join(".XO"[cell] for cell in cells)


def board_picture(words: str, notation: str, line: str, said: str) -> Html | None:
    """A position as a board, its winning line marked."""
    board = board_of(words, notation)
    if board is None:
        return None
    parts: list[Html] = []
    for place in (1, 2):
        at = 6 + 40 * place
        parts.append(tag("line", x1=at, y1=6, x2=at, y2=126, class_="edge"))
        parts.append(tag("line", x1=6, y1=at, x2=126, y2=at, class_="edge"))
    won = WINNING_LINES.get(line, ())
    for cell, stone in enumerate(board):
        if stone != ".":
            x, y = 26 + 40 * (cell % 3), 26 + 40 * (cell // 3)
            parts.append(label(x, y + 8, stone, class_="stone hot" if cell in won else "stone"))
    if len(won) == 3:
        ends = [(26 + 40 * (cell % 3), 26 + 40 * (cell // 3)) for cell in (won[0], won[2])]
        (x1, y1), (x2, y2) = ends
        parts.append(tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_="edge hot"))
    rows = ", ".join(" ".join(board[k : k + 3]).replace(".", "empty") for k in (0, 3, 6))
    return tag("div", drawing(132, 132, f"{said}: {rows}", parts), class_="board")


def image_of(words: str, params: Mapping[str, object]) -> npt.NDArray[np.uint8] | None:
    """The image whose patches a text lists, uint8 [side, side, 3]; None where it is no square of square patches.

    Args:
        words: Patches with spaces between, each its values with commas between.
        params: Of the recipe: ``levels``, where it names them.
    """
    try:
        patches = np.array([[int(value) for value in patch.split(",")] for patch in words.split()], np.int64)
    except ValueError:  # no numbers, or patches of several sizes
        return None
    if patches.ndim != 2 or not patches.size or patches.min() < 0:
        return None
    across = math.isqrt(len(patches))
    length = patches.shape[1]
    channels = 1 if math.isqrt(length) ** 2 == length else 3
    patch = math.isqrt(length // channels)
    if across**2 != len(patches) or patch**2 * channels != length or across * patch > _MOST_SIDE:
        return None
    grid = patches.reshape(across, across, patch, patch, channels).transpose(0, 2, 1, 3, 4)
    image = grid.reshape(across * patch, across * patch, channels)
    levels = params.get("levels")
    top = levels - 1 if isinstance(levels, int) and levels > 1 else max(int(image.max()), 1)
    scaled = np.clip(np.round(image * (255 / top)), 0, 255).astype(np.uint8)
    return np.repeat(scaled, 3, axis=2) if channels == 1 else scaled


def image_picture(words: str, params: Mapping[str, object], said: str) -> Html | None:
    """The image that a text stands for."""
    pixels = image_of(words, params)
    if pixels is None:
        return None
    side = pixels.shape[0]
    return tag("img", src=png_uri(encode_rgb(pixels)), alt=said, width=side, height=side, class_="pixels")
