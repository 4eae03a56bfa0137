"""Tic-Tac-Toe positions as text, and back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.tictactoe_orders import orders
from synthkit.generators.tictactoe_positions import CELLS, EMPTY, O, X, code_of, positions

__all__ = ["NOTATIONS", "board_texts", "move_texts", "read_position"]

NOTATIONS = ("rows", "coordinates", "moves")
_STONES = ".XO"
_EMPTY_BOARD = "empty"
_NO_MOVES = "start"
_MOVE_BYTES = np.array([[*cell.encode(), ord(" ")] for cell in (*CELLS, "  ")], np.uint8)

Numbers = npt.NDArray[np.int64]


@cache
def board_texts(notation: str) -> tuple[bytes, ...]:
    """Each position in ``rows`` or ``coordinates``."""
    write = _coordinates if notation == "coordinates" else _rows
    return tuple(write(cells).encode() for cells in positions().cells.tolist())


def _rows(cells: list[int]) -> str:
    return " / ".join(" ".join(_STONES[stone] for stone in cells[start : start + 3]) for start in (0, 3, 6))


def _coordinates(cells: list[int]) -> str:
    stones = [f"{_STONES[stone]} {cell}" for stone, cell in zip(cells, CELLS, strict=True) if stone != EMPTY]
    return ", ".join(stones) or _EMPTY_BOARD


def move_texts(position: Numbers, rank: Numbers) -> list[bytes]:
    """Positions as ``moves``, by the orders of these ranks; see `synthkit.generators.tictactoe_orders.orders`."""
    moves = orders(position, rank)
    whole = _MOVE_BYTES[moves].tobytes()
    width = 3 * moves.shape[1]
    lengths = (3 * positions().moves[position] - 1).tolist()
    return [
        whole[start : start + length] if length > 0 else _NO_MOVES.encode()
        for start, length in zip(range(0, len(whole), width), lengths, strict=True)
    ]


def read_position(text: str, notation: str) -> int:
    """The number of the position that a text shows.

    Raises:
        InputError: The text is none in this notation, or no game gets there.
    """
    board = np.array([_READERS[notation](text)], np.uint8)
    known = positions()
    # Codes rise with the position only among those with equally many stones.
    found = np.flatnonzero(known.code == code_of(board))
    if not len(found):
        raise InputError(f"input: no game gets to {text!r}: X moves first, in turn, until somebody has three in a row")
    return int(found[0])


def _read_rows(text: str) -> list[int]:
    words = text.split(" ")
    if len(words) != 11 or words[3::4] != ["/", "/"]:
        raise InputError(f"input: {text!r} is not three rows of three cells with ' / ' between them")
    stones = [word for place, word in enumerate(words) if place % 4 != 3]
    for cell, stone in zip(CELLS, stones, strict=True):
        if len(stone) != 1 or stone not in _STONES:
            raise InputError(f"input: cell {cell} of {text!r} must be X, O or ., not {stone!r}")
    return [_STONES.index(stone) for stone in stones]


def _read_coordinates(text: str) -> list[int]:
    board = [EMPTY] * len(CELLS)
    for part in [] if text == _EMPTY_BOARD else text.split(", "):
        stone, _, cell = part.partition(" ")
        if stone not in ("X", "O") or cell not in CELLS:
            raise InputError(f"input: {part!r} of {text!r} is no X or O with a cell ({CELLS[0]} to {CELLS[-1]})")
        _put(board, cell, _STONES.index(stone), text)
    return board


def _read_moves(text: str) -> list[int]:
    board = [EMPTY] * len(CELLS)
    for number, cell in enumerate([] if text == _NO_MOVES else text.split(" ")):
        if cell not in CELLS:
            raise InputError(f"input: move {number + 1} of {text!r} is {cell!r}, no cell ({CELLS[0]} to {CELLS[-1]})")
        _put(board, cell, O if number % 2 else X, text)
    return board


def _put(board: list[int], cell: str, stone: int, text: str) -> None:
    place = CELLS.index(cell)
    if board[place] != EMPTY:
        raise InputError(f"input: cell {cell} is taken twice in {text!r}")
    board[place] = stone


_READERS: dict[str, Callable[[str], list[int]]] = {
    "rows": _read_rows,
    "coordinates": _read_coordinates,
    "moves": _read_moves,
}
