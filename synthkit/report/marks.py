"""Texts with words highlighted: known evidence, and the words that a teacher's answer rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from synthkit.generators.rationale.words import evidence_mask, word_spans
from synthkit.records import TextExample
from synthkit.report.tags import Html, joined, tag

__all__ = ["MOST_CHARACTERS", "Span", "evidence_spans", "marked", "saliency_spans"]

MOST_CHARACTERS = 4000
_ENDS = frozenset(".;!?")  # of sentences
_SHORT = 40
_SCROLLED, _SCROLLED_LINES = 600, 12  # beyond, a text may scroll, and the keyboard must reach it


@dataclass(frozen=True, slots=True)
class Span:
    """A highlighted piece of a text.

    Attributes:
        start: First character.
        end: Last character + 1.
        weight: How strong, 0 to 1; negative where it speaks against the answer; None for a plain highlight.
        chosen: Whether it belongs to the rationale.
    """

    start: int
    end: int
    weight: float | None = None
    chosen: bool = False


def marked(words: str, spans: Iterable[Span] = (), *, code: bool = False) -> Html:
    """A text with its highlights; the middle of a very long one is left out, and that is said.

    Args:
        words: The text.
        spans: In order, without overlap.
        code: Letters of equal width.
    """
    cut = len(words) if len(words) <= MOST_CHARACTERS else MOST_CHARACTERS
    parts: list[Html | str] = []
    at = 0
    for span in spans:
        if span.end > cut:
            break
        parts += [words[at : span.start], _mark(words[span.start : span.end], span)]
        at = span.end
    parts.append(words[at:cut])
    if cut < len(words):
        parts.append(tag("em", f" … {len(words) - cut:,} more characters"))
    kinds = ["text", *(["code"] if code else []), *(["short"] if cut <= _SHORT and "\n" not in words else [])]
    scrolls = True if cut > _SCROLLED or words.count("\n") > _SCROLLED_LINES else None
    return tag("div", joined(*parts), class_=" ".join(kinds), tabindex=0 if scrolls else None, dir="auto")


def _mark(words: str, span: Span) -> Html:
    if span.weight is None:
        return tag("mark", words)
    kinds = ["weighted" if span.weight >= 0 else "against", *(["chosen"] if span.chosen else [])]
    return tag("mark", words, class_=" ".join(kinds), style=f"--w:{abs(span.weight):.2f}")


def evidence_spans(text: str, pieces: Sequence[str]) -> list[Span]:
    """Words of a text that belong to pieces of evidence, neighbours in a sentence together.

    None are marked where a piece is not in the text.
    """
    try:
        inside = evidence_mask(text, pieces).tolist()
    except ValueError:
        return []
    found: list[Span] = []
    before = False
    for (start, end), chosen in zip(word_spans(text), inside, strict=True):
        if chosen and before and not _ENDS.intersection(text[found[-1].end : start]):
            found[-1] = Span(found[-1].start, end)
        elif chosen:
            found.append(Span(start, end))
        before = chosen
    return found


def saliency_spans(example: TextExample) -> list[Span]:
    """The words of an input with their scores relative to the largest; none where it has no scores."""
    scores, chosen = example.annotations.get("word_scores"), example.annotations.get("chosen_words")
    spans = word_spans(example.input)
    if not isinstance(scores, list) or len(scores) != len(spans):
        return []
    numbers = [float(score) for score in scores]
    top = max((abs(score) for score in numbers), default=0.0) or 1.0
    places = {int(place) for place in chosen} if isinstance(chosen, list) else set()
    return [
        Span(start, end, score / top, number in places)
        for number, ((start, end), score) in enumerate(zip(spans, numbers, strict=True))
        if score or number in places
    ]
