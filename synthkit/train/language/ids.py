"""Ids of texts, one after the other: questions and answers, a second task, classes and a teacher's probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Ints", "Pairs", "Tokenized"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Ids of questions and answers.

    Attributes:
        inputs: Flat ids of the questions, with special ones; int32.
        input_starts: int64 [R + 1]; row r is ``inputs[input_starts[r]:input_starts[r + 1]]``.
        targets: The same of the answers; empty rows for classification.
        target_starts: int64 [R + 1].
    """

    inputs: npt.NDArray[np.int32]
    input_starts: Ints
    targets: npt.NDArray[np.int32]
    target_starts: Ints

    def input(self, row: int) -> npt.NDArray[np.int32]:
        """Ids of a question."""
        return self.inputs[self.input_starts[row] : self.input_starts[row + 1]]

    def target(self, row: int) -> npt.NDArray[np.int32]:
        """Ids of an answer."""
        return self.targets[self.target_starts[row] : self.target_starts[row + 1]]

    def input_sizes(self, rows: Ints) -> Ints:
        """Ids of some questions, without a look at the others."""
        sizes: Ints = self.input_starts[rows + 1] - self.input_starts[rows]
        return sizes

    def target_sizes(self, rows: Ints) -> Ints:
        """Ids of some answers."""
        sizes: Ints = self.target_starts[rows + 1] - self.target_starts[rows]
        return sizes

    @property
    def input_lengths(self) -> Ints:
        """Ids of each question."""
        return np.diff(self.input_starts)

    @property
    def target_lengths(self) -> Ints:
        """Ids of each answer."""
        return np.diff(self.target_starts)


@dataclass(frozen=True, slots=True)
class Tokenized(Pairs):
    """Ids of all texts of a split.

    Attributes:
        labels: Class of each row, -1 where there is none: int64 [R].
        rows: Example of each row: int64 [R]. A text that is read in windows has several rows.
        second: The second task of each row, to explain: R rows, empty where an example explains nothing. None where no
            row has one.
        teacher: Probabilities of the classes that a teacher gives, float32 [R, C]; None where there are none.
    """

    labels: Ints
    rows: Ints
    second: Pairs | None = None
    teacher: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> Ints:
        """Ids of all questions and answers of each row, together."""
        total = self.input_lengths + self.target_lengths
        if self.second is not None:
            total += self.second.input_lengths + self.second.target_lengths
        return total
