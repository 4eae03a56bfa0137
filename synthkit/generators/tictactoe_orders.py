"""Orders of moves that lead to a Tic-Tac-Toe position without a win before the last one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt

from synthkit.generators.tictactoe_positions import CELLS, LABELS, LINES, O, X, positions

__all__ = ["NO_MOVE", "order_counts", "orders"]

NO_MOVE = len(CELLS)
_MOST = 5  # X has at most five stones
_FACTORIALS = np.array([factorial(size) for size in range(_MOST + 1)], np.int64)

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Endings:
    """Each position with each of the stones that can have come last; one ending where nobody has won.

    A winner's last stone is in all of his lines: one of three, or the one where two lines cross. All other stones may
    come in any order, since a line that is full on the way would be full on the board.

    Attributes:
        first: int64 [positions], the position's first ending.
        count: int64 [positions], how many it has.
        free: int64 [2, endings], stones of X and of O whose order is free.
        stones: int64 [2, endings, 5], cells of these stones in reading order, then 9.
        last: int64 [2, endings], the stone that must come last; 9 where none must.
    """

    first: Numbers
    count: Numbers
    free: Numbers
    stones: Numbers
    last: Numbers


@cache
def _endings() -> _Endings:
    found = positions()
    # Cells that are in every full line of the board.
    in_line = np.zeros((len(LINES), len(CELLS)), bool)
    for number, line in enumerate(LINES):
        in_line[number, line] = True
    common = (in_line[None] | ~found.full[:, :, None]).all(axis=1)
    nobody = found.label == LABELS.index("none")
    may_be_last = np.concatenate([common & ~nobody[:, None], nobody[:, None]], axis=1)
    position, last = np.nonzero(may_be_last)
    count = may_be_last.sum(axis=1)
    winner = found.label[position]
    cells = found.cells[position]
    stones = np.full((2, len(position), _MOST), NO_MOVE, np.int64)
    free = np.empty((2, len(position)), np.int64)
    for side, player in enumerate((X, O)):
        mine = (cells == player) & (np.arange(len(CELLS)) != last[:, None])
        free[side] = mine.sum(axis=1)
        ending, cell = np.nonzero(mine)
        stones[side, ending, (mine.cumsum(axis=1) - 1)[mine]] = cell
    last_of = np.where(winner == np.arange(2)[:, None], last, NO_MOVE)
    return _Endings(count.cumsum() - count, count, free, stones, last_of)


@cache
def _permutations() -> tuple[npt.NDArray[np.int64], Numbers]:
    """All orders of 0 to 5 things, one below the other, and where those of each size begin."""
    rows = [[*order, *range(size, _MOST)] for size in range(_MOST + 1) for order in permutations(range(size))]
    begin = np.concatenate([[0], np.cumsum(_FACTORIALS)[:-1]])
    return np.array(rows, np.int64), begin


@cache
def order_counts() -> Numbers:
    """How many orders lead to each position, int64 [positions], 1 to 2880."""
    found = _endings()
    ways: Numbers = _FACTORIALS[found.free[:, found.first]].prod(axis=0) * found.count
    ways.setflags(write=False)
    return ways


def orders(position: Numbers, rank: Numbers) -> Numbers:
    """Moves that lead to positions.

    Args:
        position: int64 [n], numbers of positions.
        rank: int64 [n], which of the position's orders, 0 to `order_counts` - 1; different ranks, different orders.

    Returns:
        int64 [n, 9], cells in the order of the moves, then 9.
    """
    found = _endings()
    table, begin = _permutations()
    rank, choice = np.divmod(rank, found.count[position])
    ending = found.first[position] + choice
    moves = np.full((len(position), 2 * _MOST), NO_MOVE, np.int64)
    for side in range(2):
        free = found.free[side, ending]
        rank, own = np.divmod(rank, _FACTORIALS[free])
        chosen = table[begin[free] + own]
        played = np.take_along_axis(found.stones[side, ending], chosen, axis=1)
        last = found.last[side, ending]
        ended = last != NO_MOVE
        played[ended, free[ended]] = last[ended]
        moves[:, side::2] = played
    return moves[:, : len(CELLS)]
