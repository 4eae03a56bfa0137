"""Kinds of explanations: what a model is to answer, what is wrong with an answer, and the text that comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from synthkit.generators.corpora.base import Item
from synthkit.generators.rationale.words import words_of

__all__ = ["KINDS", "SPAN_MARK", "Extraction", "Kind", "Reasoned", "same_answer"]

SPAN_MARK = " ; "
_WHOLE = 0.9  # of the words of an input: more is no choice
_LEAST_WORDS = 30  # of an input of which something can be left out: all of a short one may decide
_LEAST_NEW = 3  # words of a reasoning beside the answer and words that say nothing
_SAY_NOTHING = frozenset(
    words_of(
        "a an and answer because correct follows hence hypothesis is it label of premise right so that the therefore "
        "this thus to true"
    )
)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Extraction(_Answer):
    """Pieces of the input."""

    spans: list[str]


class Reasoned(_Answer):
    """An explanation and the answer that it leads to."""

    reasoning: str
    answer: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of explanation.

    Attributes:
        name: Also of its prompt.
        answer: Shape of a model's answer.
        problem: What is wrong with an answer; empty where nothing is.
        text: The explanation.
        says: The answer that the explanation leads to; empty where the model says none.
    """

    name: str
    answer: type[BaseModel]
    problem: Callable[[Item, Any], str]
    text: Callable[[Item, Any], str]
    says: Callable[[Any], str]


def same_answer(one: str, other: str) -> bool:
    """Whether two answers are the same but for case, spaces and a full stop."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return " ".join(text.lower().strip().strip(".\"'").split())


def _found(span: str, item: Item) -> str | None:
    """A span as it stands in the input, where only spaces, case or quotes differ; None where it is not there."""
    words = re.sub(r"^[\"'\s]+|[\"'\s]+$", "", span).split()
    if not words:
        return None
    pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
    for _, text in item.parts:
        if span in text:
            return span
    for _, text in item.parts:
        match = pattern.search(text)
        if match:
            return match[0]
    return None


def _extraction_problem(item: Item, answer: Extraction) -> str:
    if not answer.spans:
        return "spans is empty"
    for span in answer.spans:
        if _found(span, item) is None:
            return f"the span {span!r} is not in the input" if span.strip() else "a span is empty"
    whole = sum(len(words_of(text)) for _, text in item.parts)
    taken = sum(len(words_of(span)) for span in answer.spans)
    if whole >= _LEAST_WORDS and taken >= _WHOLE * whole:
        return "the spans are all of the input; copy the pieces that decide the answer alone"
    return ""


def _extraction_text(item: Item, answer: Extraction) -> str:
    return SPAN_MARK.join(_found(span, item) or span for span in answer.spans)


def _reasoning_problem(item: Item, answer: Reasoned) -> str:
    if not answer.reasoning.strip():
        return "reasoning is empty"
    known = _SAY_NOTHING.union(words_of(item.target))
    new = [word for word in words_of(answer.reasoning) if word not in known]
    if len(new) < _LEAST_NEW:
        return "the reasoning merely repeats the answer"
    if any(same_answer(answer.reasoning, text) for _, text in item.parts):
        return "the reasoning merely repeats the input"
    return ""


def _informed_problem(item: Item, answer: Reasoned) -> str:
    found = _reasoning_problem(item, answer)
    if not found and not same_answer(answer.answer, item.target):
        return f"it leads to {answer.answer!r}, but the right answer is {item.target!r}"
    return found


def _free_problem(item: Item, answer: Reasoned) -> str:
    return _reasoning_problem(item, answer) or ("" if answer.answer.strip() else "answer is empty")


def _reasoning_text(item: Item, answer: Reasoned) -> str:  # noqa: ARG001
    return " ".join(answer.reasoning.split())


KINDS = {
    kind.name: kind
    for kind in (
        Kind("information_extraction", Extraction, _extraction_problem, _extraction_text, lambda answer: ""),  # noqa: ARG005
        Kind("informed_reasoning", Reasoned, _informed_problem, _reasoning_text, lambda answer: answer.answer),
        Kind("free", Reasoned, _free_problem, _reasoning_text, lambda answer: answer.answer),
    )
}
