"""All positions of Tic-Tac-Toe that a game can reach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = ["CELLS", "EMPTY", "LABELS", "LINES", "LINE_NAMES", "O", "Positions", "X", "code_of", "positions"]

EMPTY, X, O = 0, 1, 2  # noqa: E741 (the player's name)
LABELS = ("X", "O", "none")
# Letters count columns from the left, digits rows from the top; cells are in reading order.
CELLS = tuple(f"{column}{row}" for row in "123" for column in "abc")
LINE_NAMES = ("row 1", "row 2", "row 3", "column a", "column b", "column c", "diagonal", "antidiagonal")
LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
_WEIGHTS = 3 ** np.arange(8, -1, -1, dtype=np.int64)

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Positions:
    """The 5,478 positions that a game can reach: X begins, moves alternate, three in a row end it.

    They are numbered by moves, then by `code_of`, so that position 0 is the empty board.

    Attributes:
        cells: uint8 [n, 9], what is in each cell in reading order: 0 nothing, 1 X, 2 O.
        code: int64 [n], see `code_of`.
        moves: int64 [n], stones on the board.
        full: bool [n, 8], which of the eight lines hold three equal stones.
        label: int64 [n], who has three in a row: 0 X, 1 O, 2 nobody.
    """

    cells: npt.NDArray[np.uint8]
    code: Numbers
    moves: Numbers
    full: npt.NDArray[np.bool_]
    label: Numbers

    @property
    def finished(self) -> Numbers:
        """Numbers of the 958 positions where the game is over: 626 won by X, 316 by O, 16 drawn."""
        return np.flatnonzero((self.label < LABELS.index("none")) | (self.moves == len(CELLS)))


def code_of(cells: npt.NDArray[np.uint8]) -> Numbers:
    """The board as a number in base 3, int64 [n]; cells are digits in reading order, the first counts most."""
    return cells.astype(np.int64) @ _WEIGHTS


@cache
def positions() -> Positions:
    """All positions; made once in a process, in a few milliseconds."""
    plies = [np.zeros((1, len(CELLS)), np.uint8)]
    for move in range(len(CELLS)):
        plies.append(_after(plies[-1], O if move % 2 else X))
    cells = np.concatenate(plies)
    full = _full_lines(cells)
    label = np.full(len(cells), LABELS.index("none"), np.int64)
    line = np.array(LINES)[full.argmax(axis=1), 0]
    won = full.any(axis=1)
    label[won] = cells[won, line[won]] - X
    found = Positions(cells, code_of(cells), (cells != EMPTY).sum(axis=1), full, label)
    for column in (found.cells, found.code, found.moves, found.full, found.label):
        column.setflags(write=False)
    return found


def _after(cells: npt.NDArray[np.uint8], player: int) -> npt.NDArray[np.uint8]:
    """All boards one move later, each once, by code; won boards have none."""
    still_open = cells[~_full_lines(cells).any(axis=1)]
    board, cell = np.nonzero(still_open == EMPTY)
    moved = still_open[board]
    moved[np.arange(len(board)), cell] = player
    _, first = np.unique(code_of(moved), return_index=True)
    return moved[first]


def _full_lines(cells: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which lines hold three equal stones, bool [n, 8]."""
    first, second, third = (cells[:, column] for column in np.array(LINES).T)
    found: npt.NDArray[np.bool_] = (first != EMPTY) & (first == second) & (second == third)
    return found
