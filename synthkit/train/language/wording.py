"""What a model is asked about an example, and what it is to say: texts, before they become ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthkit.errors import InputError
from synthkit.records import TextExample
from synthkit.seeds import derive_key, split_word, uniforms
from synthkit.train.language.rationales import ChosenWords, RationaleColumn, ending_in_answer, masked, without_answer
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.texts import Texts

__all__ = ["EXPLAIN", "PREDICT", "Asked", "Wording"]

# Before the question of a student with two tasks (Hsieh et al. 2023, who write them with brackets).
PREDICT, EXPLAIN = "predict:", "explain:"
_RATIONALE = "rationale:"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what is to be said.

    Attributes:
        question: The question.
        said: What is to be said.
    """

    question: str
    said: str


class Wording:
    """The questions and right answers of an experiment.

    Args:
        experiment: Its explanations, seed and name.
        texts: The texts.
        mask: What stands for a word that is not shown.

    Raises:
        InputError: The dataset lacks a column that is asked for.
    """

    def __init__(self, experiment: LanguageExperiment, texts: Texts, mask: str) -> None:
        self._e, self._texts, self._mask = experiment.explanations, texts, mask
        self._draw_key = derive_key(experiment.seed, experiment.name, "explained")
        self._chosen = None if self._e.input == "none" else ChosenWords(texts)
        self._column = None if self._e.target == "answer" else RationaleColumn(texts, self._e.column)
        self._twice = self._e.target == "multitask"

    def identity(self, *, answers: bool) -> list[object]:
        """Of all that these texts depend on, beside the dataset.

        Args:
            answers: Whether answers are wanted too.
        """
        asked = [self._e.input, self._twice, self._mask if self._e.input == "mask" else ""]
        draw = self._draw_key if self._e.share is not None else 0
        return [*asked, self._e.target, self._e.column, self._e.share, draw] if answers else [*asked]

    def question(self, example: TextExample, index: int) -> str:
        """What the model is asked for an answer."""
        asked = self._input(example, index)
        return f"{PREDICT} {asked}" if self._twice else asked

    def answers(self, examples: list[TextExample], first: int) -> list[str]:
        """What the model is to say when it is asked for answers.

        Args:
            examples: One after the other.
            first: Index of the first of them.

        Raises:
            InputError: An example has no explanation where one is needed.
        """
        if self._e.target in ("answer", "multitask"):
            return [example.target for example in examples]
        lucky = self._drawn(first, len(examples))
        return [
            self._explained(example, first + place) if yes else example.target
            for place, (example, yes) in enumerate(zip(examples, lucky, strict=True))
        ]

    def second(self, example: TextExample, index: int) -> Asked | None:
        """The second task of an example, to explain; None where there is none, or nothing to be said.

        Raises:
            InputError: Neither the dataset nor its task explains anything.
        """
        if not self._twice:
            return None
        said = without_answer(self.explanation(example))
        if not said:
            self._check_none(index)
            return None
        return Asked(f"{EXPLAIN} {self._input(example, index)}", said)

    def explanation(self, example: TextExample) -> str:
        """The explanation of an example, empty where it has none."""
        column = self._column
        if column is None:
            return ""
        # What a dataset leaves out of its column was refused, or was never asked for: its task fills no gaps in it.
        as_it_is = (self._twice and column.there) or (self._e.target == "mixed" and self._e.share is None)
        return column.kept(example) if as_it_is else column.made(example)

    def _input(self, example: TextExample, index: int) -> str:
        if self._chosen is None:
            return example.input
        if self._e.input == "added":
            return " ".join([example.input, _RATIONALE, *self._chosen.words(example)])
        return masked(example.input, self._chosen.places(example, index), self._mask)

    def _drawn(self, first: int, count: int) -> list[bool]:
        """Which examples are explained, of those that can be."""
        if self._e.share is None:
            return [True] * count
        index = np.arange(first, first + count)
        drawn: list[bool] = (
            uniforms(self._draw_key, split_word(self._texts.split), index)[:, 0] < self._e.share
        ).tolist()
        return drawn

    def _explained(self, example: TextExample, index: int) -> str:
        found = self.explanation(example)
        if not found:
            self._check_none(index)
            return example.target
        return ending_in_answer(found, example.target)

    def _check_none(self, index: int) -> None:
        """An example without explanation is answered alone, where that is asked for and others may have one."""
        drawn = self._twice or self._e.share is not None
        if self._e.target == "rationale" or (drawn and self._column is not None and not self._column.there):
            raise InputError(f"{self._texts.where(index)}: has no explanation; use explanations.target=answer")
