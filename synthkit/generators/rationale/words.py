"""Words of texts, and which of them belong to the evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["evidence_mask", "share_in", "word_spans", "words_of"]

_WORD = re.compile(r"\w+(?:['’]\w+)*")


def words_of(text: str) -> list[str]:
    """Words in lower case, without punctuation."""
    return _WORD.findall(text.lower())


def word_spans(text: str) -> list[tuple[int, int]]:
    """First character and last + 1 of each word."""
    return [match.span() for match in _WORD.finditer(text)]


def share_in(words: Sequence[str], others: Sequence[str]) -> float:
    """Share of some words that occur among others, 0 to 1; -1 where there are none."""
    if not words:
        return -1.0
    known = set(others)
    return sum(word in known for word in words) / len(words)


def evidence_mask(text: str, evidence: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which words of a text belong to pieces of evidence, in order: bool [words].

    Each piece takes the first place where it stands, as whole words, that no earlier piece has taken.

    Raises:
        ValueError: A piece is not in the text.
    """
    spans = word_spans(text)
    mask = np.zeros(len(spans), bool)
    taken: list[tuple[int, int]] = []
    for piece in evidence:
        start = _place(text, piece, taken)
        if start < 0:
            raise ValueError(f"the evidence {piece!r} is not in the text {text[:80]!r}")
        end = start + len(piece)
        taken.append((start, end))
        for number, (first, last) in enumerate(spans):
            mask[number] |= first < end and last > start
    return mask


def _place(text: str, piece: str, taken: Sequence[tuple[int, int]]) -> int:
    start = text.find(piece)
    while start >= 0:
        end = start + len(piece)
        inside = (start > 0 and text[start - 1].isalnum() and piece[:1].isalnum()) or (
            end < len(text) and text[end].isalnum() and piece[-1:].isalnum()
        )
        if not inside and all(end <= first or start >= last for first, last in taken):
            return start
        start = text.find(piece, start + 1)
    return -1
