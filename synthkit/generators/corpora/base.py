"""What a corpus is: questions with right answers, in parts that never mix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["WHOLE", "Corpus", "Item", "Licensed"]

WHOLE = "all"


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Attributes:
        id: Its name in the source, unique in its part.
        parts: (name, text) of what a model is given, in order, e.g. premise and hypothesis.
        target: The right answer.
        origin: Which part of the source it is from, e.g. ``anli R1 train``.
        human: An explanation that people wrote; empty where there is none.
        reasoning: A right explanation that is known; empty where there is none.
        evidence: Pieces of the parts that decide the answer, letter by letter as they stand there; empty where they are
            not known.
        kind: What kind of question it is, e.g. a phenomenon of language; empty where the source tells none.
    """

    id: str
    parts: tuple[tuple[str, str], ...]
    target: str
    origin: str
    human: str = ""
    reasoning: str = ""
    evidence: tuple[str, ...] = ()
    kind: str = ""

    @property
    def text(self) -> str:
        """All parts in one line, each behind its name."""
        return " ".join(f"{name}: {text}" for name, text in self.parts)


@dataclass(frozen=True, slots=True)
class Licensed:
    """What a source asks of those who use it.

    Attributes:
        license: SPDX identifier; ``NOASSERTION`` where the source states none.
        citation: What to cite.
        url: Where it is published.
        note: What a user should know of the licence; may be empty.
    """

    license: str
    citation: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Questions in parts.

    Attributes:
        name: e.g. ``anli``.
        parts: Part -> its questions; one part `WHOLE` that all splits share out among them, or one for each split.
        labels: All answers that there are, for a classification; None for other questions.
        kinds: All kinds of questions; empty where the source tells none.
        licensed: Its licence and what to cite.
        notes: What was left out and why, one line each.
    """

    name: str
    parts: Mapping[str, Sequence[Item]]
    labels: tuple[str, ...] | None
    licensed: Licensed
    kinds: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
