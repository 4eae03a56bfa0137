"""What readers of texts must know of the tasks that made them."""

from __future__ import annotations

from synthkit.generators.answers import FINAL_ANSWER
from synthkit.generators.tictactoe_positions import LINE_NAMES, LINES

__all__ = ["FINAL_ANSWER", "WINNING_LINES"]

# Name -> its three cells, 0 to 8 row by row.
WINNING_LINES = dict(zip(LINE_NAMES, LINES, strict=True))
