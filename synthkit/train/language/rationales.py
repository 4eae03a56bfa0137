"""What a dataset says beside its answers: explanations, words that a rationale chose, the teacher's probabilities."""

from __future__ import annotations

import math
from collections.abc import Container

from synthkit.dataset.rationales import word_spans
from synthkit.dataset.tasks import FINAL_ANSWER
from synthkit.errors import InputError
from synthkit.records import Annotation, AnnotationDtype, TextExample
from synthkit.train.language.texts import Texts

__all__ = ["ChosenWords", "RationaleColumn", "TeacherColumn", "ending_in_answer", "masked", "without_answer"]

_OWN = "rationale"
_CHOSEN, _PLACES, _TEACHER = "chosen", "chosen_words", "teacher_probabilities"
_BETWEEN = " ; "
_TOLERANCE = 1e-3  # of a sum of probabilities, which may be stored as float32
_MARK = FINAL_ANSWER.rstrip()


class RationaleColumn:
    """The explanations of a split.

    Args:
        texts: The split.
        name: ``rationale``: the dataset's own column. Else an annotation of texts, or of lists of them.

    Raises:
        InputError: There is no such column, or it holds no texts.

    Attributes:
        there: Whether the dataset has the column; else only its task may explain an example.
    """

    def __init__(self, texts: Texts, name: str) -> None:
        self._texts, self._name = texts, name
        found = _column(texts, name)
        self._is_own = name == _OWN and found is None
        self.there = texts.rationale if self._is_own else True
        if self._is_own or (found is not None and found.dtype in ("string", "strings")):
            return
        have = [_OWN] if texts.rationale else []
        have += [column.name for column in texts.annotations if column.dtype in ("string", "strings")]
        named = f"those there are: {', '.join(have)}" if have else "there are none"
        raise InputError(f"explanations.column: {texts.source} has no column of texts that is named {name!r}; {named}")

    def kept(self, example: TextExample) -> str:
        """What the dataset holds; empty where an example has none."""
        found = example.rationale if self._is_own else example.annotations.get(self._name)
        return _BETWEEN.join(map(str, found)) if isinstance(found, list) else str(found or "")

    def made(self, example: TextExample) -> str:
        """What the dataset holds, or what its task says where it holds none."""
        found = self.kept(example)
        return found if found or not self._is_own else self._texts.task.explain(example) or ""


class ChosenWords:
    """The words that saliency rationales chose.

    Args:
        texts: A split.

    Raises:
        InputError: Its dataset has no such rationales.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        missing = _missing(texts, {_CHOSEN: "strings", _PLACES: "floats"})
        if missing:
            raise InputError(
                f"explanations.input: {texts.source} holds no saliency rationales ({missing} missing). Only these may "
                "be read with the question: they explain what the teacher says. Other rationales were written by "
                "someone who knew the answer, and would give it away"
            )

    def words(self, example: TextExample) -> list[str]:
        """The words, in order of the text."""
        found = example.annotations[_CHOSEN]
        return list(map(str, found)) if isinstance(found, list) else []

    def places(self, example: TextExample, index: int) -> set[int]:
        """Their places among the words of the question, counted from 0.

        Raises:
            InputError: A place is no whole number, or the question has no such word.
        """
        count, found = len(word_spans(example.input)), example.annotations[_PLACES]
        places = [float(place) for place in found] if isinstance(found, list) else []
        wrong = [place for place in places if not (place.is_integer() and 0 <= place < count)]
        if wrong:
            raise InputError(
                f"{self._texts.where(index)}: {_PLACES} names word {wrong[0]:g}; the input has words 0 to {count - 1}"
            )
        return {int(place) for place in places}


class TeacherColumn:
    """The probabilities that a teacher gives the classes.

    Args:
        texts: A split.

    Raises:
        InputError: Its dataset has no such column.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts, self._count = texts, len(texts.labels or ())
        if _missing(texts, {_TEACHER: "floats"}):
            raise InputError(
                f"explanations.soft: {texts.source} has no column {_TEACHER}, the probabilities of the classes in the "
                "dataset's order; use saliency rationales, or soft=0"
            )

    def probabilities(self, example: TextExample, index: int) -> list[float]:
        """One for each class, in the dataset's order.

        Raises:
            InputError: They are not as many as the classes, or no probabilities.
        """
        found = example.annotations[_TEACHER]
        values = [float(value) for value in found] if isinstance(found, list) else []
        sums_up = abs(math.fsum(values) - 1) <= _TOLERANCE
        if len(values) != self._count or not sums_up or min(values) < 0:
            raise InputError(
                f"{self._texts.where(index)}: {_TEACHER} must be {self._count} numbers, one for each class, none below "
                f"0, whose sum is 1; it is {values}"
            )
        return values


def ending_in_answer(explanation: str, answer: str) -> str:
    """An explanation with the answer as its last line, where no line of it says a final answer."""
    if any(line.startswith(_MARK) for line in explanation.splitlines()):
        return explanation
    return f"{explanation}\n{FINAL_ANSWER}{answer}"


def without_answer(explanation: str) -> str:
    """An explanation without its last line, where that says the final answer."""
    lines = explanation.rstrip().split("\n")
    return "\n".join(lines[:-1] if lines[-1].startswith(_MARK) else lines).rstrip()


def masked(text: str, kept: Container[int], mask: str) -> str:
    """A text with a mask in place of every word but some; what stands between words stays.

    Args:
        text: The text.
        kept: Places of the words that stay, counted from 0.
        mask: What stands for a word.
    """
    parts, end = [], 0
    for place, (first, last) in enumerate(word_spans(text)):
        parts += [text[end:first], text[first:last] if place in kept else mask]
        end = last
    return "".join([*parts, text[end:]])


def _column(texts: Texts, name: str) -> Annotation | None:
    return next((column for column in texts.annotations if column.name == name), None)


def _missing(texts: Texts, wanted: dict[str, AnnotationDtype]) -> str:
    """Names of columns that a split does not have with these types."""
    there = {column.name: column.dtype for column in texts.annotations}
    return ", ".join(name for name, dtype in wanted.items() if there.get(name) != dtype)
