"""Columns beside an example that a teacher's saliency explains, and how much of the known evidence it found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from synthkit.generators.corpora.base import Corpus, Item
from synthkit.generators.rationale.columns import GOLD, ORIGIN, origin_of, part_columns
from synthkit.generators.rationale.kinds import SPAN_MARK, same_answer
from synthkit.generators.rationale.words import evidence_mask, word_spans
from synthkit.records import Annotation, AnnotationValue

if TYPE_CHECKING:
    from synthkit.saliency.explainer import Explanation

__all__ = ["Choice", "average_precision", "choice_of", "pieces", "salient_columns", "salient_row"]

Bools = npt.NDArray[np.bool_]

_TEACHER = (
    Annotation("teacher_answer", "string", "", "What the teacher answers, which is what is explained"),
    Annotation("teacher_agrees", "int64", "1", "1: that is the right answer; 0: it is not"),
    Annotation("teacher_probabilities", "floats", "1", "Of the labels, in their order; empty for open answers"),
    Annotation("windows", "int64", "1", "Parts that the text was read in"),
)
_WORDS = (
    Annotation("word_scores", "floats", "1", "Score of each word of the input; 0 for words that cannot be chosen"),
    Annotation("chosen_words", "floats", "1", "Places of the chosen words among those of the input, counted from 0"),
    Annotation("chosen", "strings", "", "The chosen words, in order"),
    Annotation("delta", "float64", "1", "What integrated gradients miss of their sum, nats; -1 for other methods"),
)
_FAITHFUL = (
    Annotation("comprehensiveness", "float64", "1", "Probability of the answer less that without the chosen words"),
    Annotation("sufficiency", "float64", "1", "Probability of the answer less that with the chosen words alone"),
    Annotation("random_comprehensiveness", "float64", "1", "The same with as many words that were drawn"),
    Annotation("random_sufficiency", "float64", "1", "The same with as many words that were drawn"),
)
_OVERLAP = (
    Annotation("evidence_precision", "float64", "1", "Share of the chosen words in the evidence; -1: not known"),
    Annotation("evidence_recall", "float64", "1", "Share of the evidence's words that are chosen; -1: not known"),
    Annotation("evidence_ap", "float64", "1", "Average precision of the scores for the evidence; -1: not known"),
    Annotation("random_precision", "float64", "1", "evidence_precision of as many words that were drawn"),
    Annotation("random_recall", "float64", "1", "evidence_recall of as many words that were drawn"),
)


def salient_columns(parts: Sequence[str], *, reasoned: bool) -> tuple[Annotation, ...]:
    """The columns; ``reasoning`` where the source knows one."""
    known = (Annotation("reasoning", "string", "", "Why the right answer is right, as the source knows"),)
    return (
        *part_columns(parts),
        *ORIGIN,
        *GOLD,
        *(known if reasoned else ()),
        *_TEACHER,
        *_WORDS,
        *_FAITHFUL,
        *_OVERLAP,
    )


class Choice:
    """The words of a question that can be chosen: those of its parts, not the parts' names.

    Attributes:
        spans: First character and last + 1 of all words of the text.
        places: Places, among them, of those that can be chosen.
    """

    def __init__(self, spans: list[tuple[int, int]], places: list[int]) -> None:
        self.spans, self.places = spans, places

    @property
    def can_be(self) -> list[tuple[int, int]]:
        """Spans of the words that can be chosen."""
        return [self.spans[place] for place in self.places]


def choice_of(item: Item) -> Choice:
    """The words of a question that can be chosen."""
    inside: list[tuple[int, int]] = []
    start = 0
    for name, text in item.parts:
        start += len(name) + 2
        inside.append((start, start + len(text)))
        start += len(text) + 1
    spans = word_spans(item.text)
    places = [n for n, (first, last) in enumerate(spans) if any(a <= first and last <= b for a, b in inside)]
    return Choice(spans, places)


def pieces(text: str, spans: Sequence[tuple[int, int]], chosen: Sequence[int]) -> str:
    """The chosen words as they stand in the text, those with nothing but a space between as one piece."""
    found: list[tuple[int, int, int]] = []
    for place in chosen:
        first, last = spans[place]
        if found and found[-1][2] == place - 1 and text[found[-1][1] : first].isspace():
            found[-1] = (found[-1][0], last, place)
        else:
            found.append((first, last, place))
    return SPAN_MARK.join(text[first:last] for first, last, _ in found)


def average_precision(scores: Sequence[float], wanted: Bools) -> float:
    """Mean, over the wanted words, of the share of wanted ones among those with at least their score.

    Equal scores count as one step, so that the order in the text lends nothing.
    """
    values = np.asarray(scores, np.float64)
    steps = np.unique(values)[::-1]
    total, before = 0.0, 0
    for step in steps:
        above = values >= step
        right = int(wanted[above].sum())
        total += (right - before) * right / int(above.sum())
        before = right
    return total / int(wanted.sum())


def salient_row(
    item: Item, corpus: Corpus, choice: Choice, explanation: Explanation, rank: str
) -> dict[str, AnnotationValue]:
    """All columns of one example."""
    places = choice.places
    scores = np.zeros(len(choice.spans))
    scores[places] = explanation.scores
    chosen = [places[k] for k in explanation.chosen]
    row: dict[str, AnnotationValue] = {
        **origin_of(item, corpus),
        "reasoning": item.reasoning,
        "teacher_answer": explanation.answer,
        "teacher_agrees": int(same_answer(explanation.answer, item.target)),
        "teacher_probabilities": list(explanation.probabilities),
        "windows": explanation.windows,
        "word_scores": scores.tolist(),
        "chosen_words": [float(place) for place in chosen],
        "chosen": [item.text[slice(*choice.spans[place])] for place in chosen],
        "delta": -1.0 if math.isnan(explanation.delta) else explanation.delta,
    }
    row |= {column.name: getattr(explanation, column.name) for column in _FAITHFUL}
    return row | _overlap(item, choice, explanation, rank)


def _overlap(item: Item, choice: Choice, explanation: Explanation, rank: str) -> dict[str, AnnotationValue]:
    gold = evidence_mask(item.text, item.evidence)[choice.places] if item.evidence else np.zeros(0, bool)
    if not gold.any():
        return {column.name: -1.0 for column in _OVERLAP}
    strength = np.abs(explanation.scores) if rank == "magnitude" else explanation.scores
    found: dict[str, AnnotationValue] = {"evidence_ap": average_precision(strength.tolist(), gold)}
    for name, words in (("evidence", explanation.chosen), ("random", explanation.by_chance)):
        found[f"{name}_precision"] = float(gold[words].mean())
        found[f"{name}_recall"] = float(gold[words].sum() / gold.sum())
    return found
