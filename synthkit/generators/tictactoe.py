"""Tic-Tac-Toe: who has three in a row on a board that a game can reach?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from synthkit.generators.answers import final_answer
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.draws import draw_below
from synthkit.generators.ragged import joined
from synthkit.generators.text import compare_steps, measured_names, measured_numbers, with_measured
from synthkit.generators.tictactoe_orders import order_counts
from synthkit.generators.tictactoe_positions import CELLS, LABELS, LINE_NAMES, Positions, positions
from synthkit.generators.tictactoe_steps import EXPLANATIONS, explanation, explanations
from synthkit.generators.tictactoe_text import NOTATIONS, board_texts, move_texts, read_position
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict
from synthkit.seeds import derive_key, split_word

__all__ = ["TicTacToe", "TicTacToeParams"]

_WINNING = (*LINE_NAMES, "two lines", "none")
_STATES = ("open", "won", "drawn")
_TYPICAL_BYTES = {"none": 60, "short": 120, "full": 400}

Numbers = npt.NDArray[np.int64]


class TicTacToeParams(Record):
    """Settings of a Tic-Tac-Toe dataset. The second part holds the value of each factor that the recipe does not vary.

    Attributes:
        positions: ``all``: the 5,478 positions that a game can reach. ``finished``: the 958 where it is over.
        notation: ``rows``: ``X O . / . X . / . . X``. ``coordinates``: the stones in reading order,
            ``X a1, O b1, X b2, X c3``, or ``empty``. ``moves``: an order of moves that leads there, ``b2 b1 a1 ...``,
            or ``start``. Letters count columns from the left, digits rows from the top.
        explanation: ``none``; ``short``: the line that decides; ``full``: all eight lines.
    """

    positions: Literal["all", "finished"] = "all"

    notation: Literal["rows", "coordinates", "moves"] = "rows"
    explanation: Literal["none", "short", "full"] = "none"


class TicTacToe:
    """The generator ``tictactoe``: an item is a position, so that none is in two splits, however it is written."""

    name: ClassVar[str] = "tictactoe"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "items"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = TicTacToeParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "notation": FactorSpec("", "How the position is written", names=NOTATIONS),
        "explanation": FactorSpec("", "How the rationale is written", names=EXPLANATIONS),
    }

    def __init__(self, recipe: Recipe, params: TicTacToeParams) -> None:
        self._recipe = recipe
        self._params = params
        self._moves_key = derive_key(recipe.seed, recipe.name, "moves")

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        planned = any(factor.name == "explanation" for factor in self._recipe.factors)
        level = "full" if planned else self._params.explanation
        return TextLayout(level != "none", LABELS, _TYPICAL_BYTES[level])

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        return (
            measured_names("label", "Who has three in a row", LABELS),
            measured_names("winning_line", "The line with three in a row; only X can have two lines", _WINNING),
            measured_numbers("moves", "Stones on the board", low=self._fewest_moves, high=len(CELLS)),
            measured_names("state", "Whether the game goes on", _STATES),
        )

    def problems(self) -> list[str]:
        return []

    def pools(self) -> Mapping[str, Pool]:
        pool = Pool("positions", len(self._stock))
        return dict.fromkeys(self._recipe.splits, pool)

    @property
    def _fewest_moves(self) -> int:
        return int(positions().moves[self._stock].min())

    @property
    def _stock(self) -> Numbers:
        """Positions that items stand for."""
        known = positions()
        return known.finished if self._params.positions == "finished" else np.arange(len(known.code))

    def make(self, rows: Rows) -> TextBatch:
        if rows.item is None:
            raise ValueError("rows: hold no items")
        position = self._stock[rows.item]
        known = positions()
        target = [LABELS[label].encode() for label in known.label[position].tolist()]
        rationale = None
        if self.layout.rationale:
            rationale = self._by_name(
                rows, "explanation", lambda level, k: _looked_up(explanations(level), position[k])
            )
        question = self._by_name(rows, "notation", lambda notation, k: self._written(rows, notation, position, k))
        found = with_measured(rows, self.measured, _measures(known, position))
        return TextBatch(found, self.layout, question, joined(target), rationale)

    def _by_name(self, rows: Rows, name: str, write: Callable[[str, Numbers], list[bytes]]) -> Strings:
        """Texts that depend on a factor of names: ``write(value, rows of that value)``, put back in order."""
        everything = np.arange(len(rows))
        if name not in rows.values:
            return joined(write(getattr(self._params, name), everything))
        pieces = np.empty(len(rows), object)
        for value in sorted(set(rows.values[name].tolist())):
            chosen = np.flatnonzero(rows.values[name] == value)
            pieces[chosen] = write(value, chosen)
        return joined(pieces.tolist())

    def _written(self, rows: Rows, notation: str, position: Numbers, chosen: Numbers) -> list[bytes]:
        """The chosen rows' positions in a notation."""
        if notation != "moves":
            return _looked_up(board_texts(notation), position[chosen])
        bounds = order_counts()[position[chosen]]
        rank = draw_below(self._moves_key, split_word(rows.split), rows.index[chosen], bounds)
        return move_texts(position[chosen], rank)

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the answer is the target; of an explanation, what its last ``Final answer:`` line says."""
        return float(final_answer(prediction) == example.target)

    def explain(self, example: TextExample) -> str | None:
        return self._explained(example)

    def check(self, explanation: str, example: TextExample) -> Verdict:
        return compare_steps(explanation, self._explained(example))

    def _explained(self, example: TextExample) -> str:
        """The example's explanation; the full one where the dataset has none."""
        notation = str(example.factors.get("notation", self._params.notation))
        level = str(example.factors.get("explanation", self._params.explanation))
        return explanation(read_position(example.input, notation), "full" if level == "none" else level)


def _looked_up(texts: tuple[bytes, ...], position: Numbers) -> list[bytes]:
    return [texts[number] for number in position.tolist()]


def _measures(known: Positions, position: Numbers) -> dict[str, Numbers]:
    full, label, moves = known.full[position], known.label[position], known.moves[position]
    lines = full.sum(axis=1)
    over = np.where(moves == len(CELLS), _STATES.index("drawn"), _STATES.index("open"))
    return {
        "label": label,
        "winning_line": np.where(
            lines == 1, full.argmax(axis=1), np.where(lines == 2, len(LINE_NAMES), len(_WINNING) - 1)
        ),
        "moves": moves,
        "state": np.where(lines > 0, _STATES.index("won"), over),
    }
