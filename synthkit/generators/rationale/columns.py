"""Columns beside an explained example: where it is from, who explained it, and how good that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from synthkit.generators.corpora.base import Corpus, Item
from synthkit.generators.rationale.words import share_in, words_of
from synthkit.records import Annotation, AnnotationValue

__all__ = ["GOLD", "ORIGIN", "Explained", "annotation_columns", "origin_of", "part_columns", "part_names", "row_of"]

ORIGIN = (
    Annotation("source", "string", "", "Part of the source that it is from"),
    Annotation("source_id", "string", "", "Its name in the source"),
    Annotation("license", "string", "", "Licence of the source, SPDX"),
    Annotation("citation", "string", "", "What to cite for the source"),
)
GOLD = (
    Annotation("evidence", "strings", "", "Pieces of the input that decide the answer, where the source tells them"),
    Annotation("human_rationale", "string", "", "An explanation that people wrote, where the source has one"),
)
_QUALITY = (
    Annotation("status", "string", "", "accepted, rejected, or not asked"),
    Annotation("rejection", "string", "", "Why the rationale is rejected"),
    Annotation("rejected_rationale", "string", "", "What was rejected"),
    Annotation("said_answer", "string", "", "The answer that the model's explanation leads to, where it says one"),
    Annotation("answer_agrees", "int64", "1", "1: that is the right answer; 0: it is not; -1: none is said"),
    Annotation("rationale_words", "int64", "1", "Words of the rationale"),
    Annotation("duplicates", "int64", "1", "Other examples with the same rationale"),
    Annotation("evidence_precision", "float64", "1", "Share of the rationale's words in the evidence; -1: not known"),
    Annotation("evidence_recall", "float64", "1", "Share of the evidence's words in the rationale; -1: not known"),
)
_PROVENANCE = (
    Annotation("model", "string", "", "The model, as the service names it"),
    Annotation("prompt", "string", "", "Name and version of the prompt"),
    Annotation("request", "string", "", "Key of the last request in the request log, sha256"),
    Annotation("turns", "int64", "1", "Requests that were needed"),
    Annotation("mended", "int64", "1", "1 where the answer had more than the JSON in it"),
    Annotation("prompt_tokens", "int64", "1", "Tokens that were asked, over all requests"),
    Annotation("completion_tokens", "int64", "1", "Tokens that were answered, over all requests"),
)


@dataclass(frozen=True, slots=True)
class Explained:
    """What was made of a question.

    Attributes:
        status: ``accepted``, ``rejected`` or ``not asked``.
        text: The explanation, also a rejected one.
        rejection: Why it is rejected.
        says: The answer that it leads to, where it says one.
        agrees: Whether that is the right one; None where none is said.
        model: The model, as the service names it.
        request: Key of the last request.
        turns: Requests that were needed.
        mended: Whether the last answer was mended.
        prompt_tokens: Over all requests.
        completion_tokens: Over all requests.
    """

    status: str = "not asked"
    text: str = ""
    rejection: str = ""
    says: str = ""
    agrees: bool | None = None
    model: str = ""
    request: str = ""
    turns: int = 0
    mended: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0


def part_names(corpus: Corpus) -> tuple[str, ...]:
    """Names of the parts of a corpus's questions."""
    first = next((items[0] for items in corpus.parts.values() if items), None)
    return () if first is None else tuple(name for name, _ in first.parts)


def annotation_columns(parts: Sequence[str], *, asked: bool) -> tuple[Annotation, ...]:
    """The columns; those of a model are left out where none is asked."""
    said = "Share of the rationale's words that occur in it; -1 without a rationale"
    overlaps = tuple(Annotation(f"overlap_{name}", "float64", "1", f"{name}: {said}") for name in parts)
    return (*part_columns(parts), *ORIGIN, *GOLD, *_QUALITY, *overlaps, *(_PROVENANCE if asked else ()))


def part_columns(parts: Sequence[str]) -> tuple[Annotation, ...]:
    """Columns with each part of a question alone."""
    return tuple(Annotation(name, "string", "", f"The {name} alone") for name in parts)


def origin_of(item: Item, corpus: Corpus) -> dict[str, AnnotationValue]:
    """The question's parts, where it is from, and what the source knows of its answer."""
    return {
        **dict(item.parts),
        "source": item.origin,
        "source_id": item.id,
        "license": corpus.licensed.license,
        "citation": corpus.licensed.citation,
        "evidence": list(item.evidence),
        "human_rationale": item.human,
    }


def row_of(
    item: Item, explained: Explained, corpus: Corpus, prompt: str, duplicates: int
) -> dict[str, AnnotationValue]:
    """All columns of one example."""
    words = words_of(explained.text)
    evidence = [word for piece in item.evidence for word in words_of(piece)]
    accepted = explained.status == "accepted"
    known = bool(words and evidence)
    row: dict[str, Any] = {
        **origin_of(item, corpus),
        "status": explained.status,
        "rejection": explained.rejection,
        "rejected_rationale": "" if accepted else explained.text,
        "said_answer": explained.says,
        "answer_agrees": -1 if explained.agrees is None else int(explained.agrees),
        "rationale_words": len(words),
        "duplicates": duplicates,
        "evidence_precision": share_in(words, evidence) if known else -1.0,
        "evidence_recall": share_in(evidence, words) if known else -1.0,
        "model": explained.model,
        "prompt": prompt if explained.status != "not asked" else "",
        "request": explained.request,
        "turns": explained.turns,
        "mended": int(explained.mended),
        "prompt_tokens": explained.prompt_tokens,
        "completion_tokens": explained.completion_tokens,
    }
    return row | {f"overlap_{name}": share_in(words, words_of(text)) for name, text in item.parts}
