"""What a source of texts is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Spoken", "SpokenTexts"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One text.

    Attributes:
        text: What is said.
        num_words: Its words.
        phoneme_coverage: Share of all English phonemes (ARPAbet) that it has; None where they are not known.
    """

    text: str
    num_words: int
    phoneme_coverage: float | None = None


class SpokenTexts(Protocol):
    """Texts by number."""

    @property
    def count(self) -> int:
        """How many there are."""

    @property
    def factors(self) -> tuple[str, ...]:
        """Which of ``words``, ``vocabulary`` and ``coverage`` mean something here."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know."""

    def text(self, number: int, *, words: int, vocabulary: str, coverage: str) -> Spoken:
        """The text of that number, from 0; the same in all splits."""
