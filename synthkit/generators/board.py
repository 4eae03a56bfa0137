"""Tic-Tac-Toe: all positions that play can reach, their lines, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["CELLS", "LINES", "LINE_NAMES", "MARKS", "Positions", "coordinates_text", "positions", "rows_text"]

MARKS = (".", "X", "O")
CELLS = ("a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3")
LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
LINE_NAMES = ("row 1", "row 2", "row 3", "column a", "column b", "column c", "diagonal", "antidiagonal")
_POWERS = tuple(3**k for k in range(9))

Cells = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Positions:
    """All reachable positions, ordered by the number of moves and then by the number that the cells make in base 3.

    Attributes:
        cells: uint8 [positions, 9], 0 empty, 1 X, 2 O; cells in reading order: a1 b1 c1 a2 ...
        moves: int64 [positions], marks on the board.
        winner: int64 [positions], 0 nobody, 1 X, 2 O.
        lines: bool [positions, 8], whether a line is complete.
    """

    cells: npt.NDArray[np.uint8]
    moves: npt.NDArray[np.int64]
    winner: npt.NDArray[np.int64]
    lines: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def finished(self) -> npt.NDArray[np.bool_]:
        """Whether the game is over: somebody has won, or no cell is free."""
        return np.asarray((self.winner > 0) | (self.moves == 9))


@lru_cache(maxsize=1)
def positions() -> Positions:
    """The 5,478 positions that are reached when X begins and play stops at a win; the empty board among them."""
    level: list[int] = [0]
    known: list[int] = []
    for move in range(10):
        known += level
        mark = 1 + move % 2
        level = sorted(
            {code + mark * _POWERS[k] for code in level if not _won(code) for k in range(9) if not _at(code, k)}
        )
    cells = np.array([[_at(code, k) for k in range(9)] for code in known], np.uint8)
    three = cells[:, LINES]  # [positions, 8, 3]
    lines = (three[..., 0] != 0) & (three[..., 0] == three[..., 1]) & (three[..., 1] == three[..., 2])
    winner = np.where(lines, three[..., 0], 0).max(axis=1).astype(np.int64)
    return Positions(cells, (cells > 0).sum(axis=1), winner, lines)


def _at(code: int, cell: int) -> int:
    return int(code // _POWERS[cell] % 3)


@lru_cache(maxsize=2**15)
def _won(code: int) -> bool:
    return any(_at(code, a) and _at(code, a) == _at(code, b) == _at(code, c) for a, b, c in LINES)


def rows_text(cells: Cells) -> str:
    """``X O . / . X . / O . X``: rows from the top, cells from the left."""
    marks = [MARKS[cell] for cell in cells]
    return " / ".join(" ".join(marks[k : k + 3]) for k in (0, 3, 6))


def coordinates_text(cells: Cells) -> str:
    """``X a1 , O b1 , X b2``: marks with their cells in reading order; ``empty`` for the empty board."""
    return " , ".join(f"{MARKS[cell]} {name}" for cell, name in zip(cells, CELLS, strict=True) if cell) or "empty"
