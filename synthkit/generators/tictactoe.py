"""Tic-Tac-Toe: who has three in a row? Every position that play can reach, written in several ways."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synthkit.errors import InputError
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.board import (
    CELLS,
    LINE_NAMES,
    LINES,
    MARKS,
    Positions,
    coordinates_text,
    positions,
    rows_text,
)
from synthkit.generators.text import compare_steps, exact_match, measured_names, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict
from synthkit.seeds import attempt_words, derive_key, split_word

__all__ = ["TicTacToe", "TicTacToeParams"]

_NOTATIONS = ("rows", "coordinates", "moves")
_WINNERS = ("none", "X", "O")
_NO_MOVE = "start"
_LAST_WORD = 2**32 - 1


class TicTacToeParams(Record):
    """Settings of a Tic-Tac-Toe dataset.

    Attributes:
        positions: ``all`` 5,478 that play can reach from the empty board, X first, ending at a win; or those where the
            game is ``finished``, 958.
        explanation: ``none``; ``short``: the complete line, if any, and the winner; ``full``: all eight lines.
        notation: ``rows``: ``X O . / . X . / O . X``; ``coordinates``: ``X a1 , O b1 , X b2``, in reading order;
            ``moves``: ``a1 b1 b2``, one of the orders of play that lead there, each equally likely.
    """

    positions: Literal["all", "finished"] = "all"
    explanation: Literal["none", "short", "full"] = "none"
    notation: Literal["rows", "coordinates", "moves"] = Field(default="rows")


class TicTacToe:
    """The generator ``tictactoe``."""

    name: ClassVar[str] = "tictactoe"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "items"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = TicTacToeParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "notation": FactorSpec("", "How the position is written", names=_NOTATIONS),
    }
    measured: tuple[FactorInfo, ...] = (
        measured_names("label", "Who has three in a row", _WINNERS),
        measured_names("winning_line", "The complete line", (*LINE_NAMES, "two lines", "none")),
        measured_numbers("moves", "Marks on the board", low=0, high=9),
    )

    def __init__(self, recipe: Recipe, params: TicTacToeParams) -> None:
        self._recipe = recipe
        self._params = params
        self._moves_key = derive_key(recipe.seed, recipe.name, "moves")
        self._all: Positions = positions()
        finished = self._all.finished
        self._chosen = np.flatnonzero(finished) if params.positions == "finished" else np.arange(len(self._all))

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        rationale = {"none": 0, "short": 40, "full": 320}[self._params.explanation]
        return TextLayout(self._params.explanation != "none", _WINNERS, 100 + rationale)

    def problems(self) -> list[str]:
        return []

    def pools(self) -> Mapping[str, Pool]:
        return {split: Pool(self._params.positions, len(self._chosen)) for split in self._recipe.split_names}

    def make(self, rows: Rows) -> TextBatch:
        if rows.item is None:
            raise TypeError("rows of this generator have items")
        which = self._chosen[rows.item]
        notation = rows.values.get("notation", np.full(len(rows), self._params.notation, dtype=object)).tolist()
        known = {"rows": _written("rows"), "coordinates": _written("coordinates")}
        played = self._played(rows, which) if "moves" in notation else []
        texts = [
            played[i] if how == "moves" else known[str(how)][position]
            for i, (how, position) in enumerate(zip(notation, which.tolist(), strict=True))
        ]
        targets = [_WINNERS[winner] for winner in self._all.winner[which].tolist()]
        rationale = None
        if self._params.explanation != "none":
            said = _explained(self._params.explanation)
            rationale = Strings.of([said[position] for position in which.tolist()])
        return TextBatch(self._measure(rows, which), self.layout, Strings.of(texts), Strings.of(targets), rationale)

    def _measure(self, rows: Rows, which: npt.NDArray[np.int64]) -> Rows:
        complete = self._all.lines[which]
        count = complete.sum(axis=1)
        line = np.where(count == 0, 9, np.where(count == 2, 8, complete.argmax(axis=1)))
        found = {"label": self._all.winner[which], "winning_line": line, "moves": self._all.moves[which]}
        return with_measured(rows, self.measured, found)

    def _played(self, rows: Rows, which: npt.NDArray[np.int64]) -> list[str]:
        """An order of play for each position, evenly among all that are legal.

        All orders of the marks of a position without a winner are legal. A winner's last mark must be in all of the
        complete lines, and then the others may come in any order.
        """
        cells, winner = self._all.cells[which], self._all.winner[which]
        none = np.zeros(len(rows), np.uint32)
        words = attempt_words(self._moves_key, split_word(rows.split), rows.index, none, 10).astype(np.uint64)
        last = _last_cells(self._all.lines[which])
        pick = (words[:, 9] * last.sum(axis=1).astype(np.uint64)) >> np.uint64(32)
        chosen = (np.cumsum(last, axis=1) == (pick + np.uint64(1)).astype(np.int64)[:, None]) & last
        order = words[:, :9]
        order[chosen & (winner > 0)[:, None]] = _LAST_WORD + 1
        texts = []
        for row, numbers in zip(cells.tolist(), order.tolist(), strict=True):
            ranked = sorted(range(9), key=numbers.__getitem__)
            marks = [[cell for cell in ranked if row[cell] == mark] for mark in (1, 2)]
            turns = [marks[turn % 2][turn // 2] for turn in range(len(marks[0]) + len(marks[1]))]
            texts.append(" ".join(CELLS[cell] for cell in turns) or _NO_MOVE)
        return texts

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the winner is named; of an explanation, what its last ``Winner:`` line says."""
        return exact_match(prediction.rsplit("Winner: ", 1)[-1], example)

    def explain(self, example: TextExample) -> str | None:
        level = self._params.explanation
        return _explanation(_read(example.input), "full" if level == "none" else level)

    def check(self, explanation: str, example: TextExample) -> Verdict:
        return compare_steps(explanation, self.explain(example) or "")


def _last_cells(lines: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Cells [n, 9] that are in all complete lines [n, 8]; all cells where no line is complete."""
    member = np.zeros((8, 9), bool)
    for number, cells in enumerate(LINES):
        member[number, list(cells)] = True
    return np.asarray((member[None] | ~lines[:, :, None]).all(axis=1))


@lru_cache(maxsize=2)
def _written(notation: str) -> list[str]:
    """All positions in a notation."""
    write = {"rows": rows_text, "coordinates": coordinates_text}[notation]
    return [write(tuple(cells)) for cells in positions().cells.tolist()]


@lru_cache(maxsize=2)
def _explained(level: str) -> list[str]:
    """Explanations of all positions."""
    return [_explanation(cells, level) for cells in positions().cells.tolist()]


def _explanation(cells: list[int], level: str) -> str:
    steps, winner = [], 0
    for name, line in zip(LINE_NAMES, LINES, strict=True):
        marks = [cells[cell] for cell in line]
        complete = marks[0] > 0 and marks[0] == marks[1] == marks[2]
        if complete:
            winner = marks[0]
        if complete or level == "full":
            shown = " ".join(MARKS[mark] for mark in marks)
            where = " ".join(CELLS[cell] for cell in line)
            steps.append(f"{name}, {where}: {shown}, {'three of ' + MARKS[winner] if complete else 'no'}")
    return "\n".join([*(steps or ["no line is complete"]), f"Winner: {_WINNERS[winner]}"])


def _read(text: str) -> list[int]:
    """Cells of a position in any notation."""
    words = text.split()
    if "/" in words:
        marks = [word for word in words if word != "/"]
        if len(marks) == 9 and set(marks) <= set(MARKS):
            return [MARKS.index(mark) for mark in marks]
    elif words in (["empty"], [_NO_MOVE]):
        return [0] * 9
    elif words and words[0] in MARKS:
        pairs = [pair.split() for pair in text.split(",")]
        if all(len(pair) == 2 and pair[0] in "XO" and pair[1] in CELLS for pair in pairs):
            found = {cell: MARKS.index(mark) for mark, cell in pairs}
            return [found.get(cell, 0) for cell in CELLS]
    elif words and all(word in CELLS for word in words) and len(set(words)) == len(words):
        turns = {cell: 1 + turn % 2 for turn, cell in enumerate(words)}
        return [turns.get(cell, 0) for cell in CELLS]
    raise InputError(f"input: not a Tic-Tac-Toe position: {text[:60]!r}")
