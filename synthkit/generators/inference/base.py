"""What all phenomena of the grammar give, and how they draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

__all__ = ["LABELS", "PHENOMENA", "Clause", "Draws", "Inference", "Label", "Part", "an"]

T = TypeVar("T")

Label = Literal["entailment", "neutral", "contradiction"]

LABELS: tuple[Label, Label, Label] = ("entailment", "neutral", "contradiction")
PHENOMENA = ("quantifiers", "negation", "comparison", "coreference", "world_facts")


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence without its full stop.

    Attributes:
        text: The words.
        evidence: Pieces of it that decide the label, letter by letter.
    """

    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a phenomenon gives.

    Attributes:
        clauses: Clauses of the premise that matter, in order.
        hypothesis: The hypothesis.
        reason: Why the label is right, one line, as it stands within a sentence.
        used: Nouns and names that occur; what is added beside must not speak of them.
    """

    clauses: tuple[Clause, ...]
    hypothesis: Clause
    reason: str
    used: frozenset[str]


@dataclass(frozen=True, slots=True)
class Inference:
    """A premise and a hypothesis.

    Attributes:
        premise: One or more sentences.
        hypothesis: One sentence.
        label: Whether the hypothesis follows, may or may not be, or cannot be.
        evidence: Pieces of the premise, then of the hypothesis, that decide the label, letter by letter.
        reason: Why the label is right.
        phenomenon: One of `PHENOMENA`.
        distractors: Sentences of the premise that do not matter.
    """

    premise: str
    hypothesis: str
    label: Label
    evidence: tuple[str, ...]
    reason: str
    phenomenon: str
    distractors: int


class Draws:
    """Draws out of random words, one after the other.

    Args:
        words: uint32 words as ints; there must be enough of them.
    """

    def __init__(self, words: Sequence[int]) -> None:
        self._words = iter(words)

    def below(self, count: int) -> int:
        """A whole number from 0 to ``count`` - 1, uniform."""
        return next(self._words) * count >> 32

    def one(self, items: Sequence[T]) -> T:
        """One of some items."""
        return items[self.below(len(items))]

    def two(self, items: Sequence[T]) -> tuple[T, T]:
        """Two different ones."""
        first = self.below(len(items))
        second = self.below(len(items) - 1)
        return items[first], items[second + (second >= first)]

    def three(self, items: Sequence[T]) -> tuple[T, T, T]:
        """Three different ones."""
        left = list(items)
        found = [left.pop(self.below(len(left))) for _ in range(3)]
        return found[0], found[1], found[2]

    def flag(self) -> bool:
        """True or false, equally likely."""
        return self.below(2) == 1


def an(noun: str) -> str:
    """A noun with its article."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
