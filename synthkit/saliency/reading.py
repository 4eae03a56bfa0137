"""What a teacher reads of a text: ids, the word that each belongs to, and windows where it is too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthkit.saliency.teacher import Teacher

__all__ = ["Body", "Window", "body_of", "windows_of"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Body:
    """Ids of a text without special ones.

    Attributes:
        ids: int64 [T].
        words: The word that each id belongs to, -1 for none: int64 [T].
    """

    ids: Ints
    words: Ints

    def without(self, words: Sequence[int]) -> Body:
        """The text with some words taken out."""
        stays = ~np.isin(self.words, np.asarray(words, np.int64))
        return Body(self.ids[stays], self.words[stays])

    def only(self, words: Sequence[int]) -> Body:
        """The text with all other words taken out; what is no word stays."""
        stays = np.isin(self.words, np.asarray([-1, *words], np.int64))
        return Body(self.ids[stays], self.words[stays])


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a text that is read at once.

    Attributes:
        ids: With special ones: int64 [T].
        first: Place of its first id in the body.
        inside: First id of the body in ``ids``, and the last + 1.
    """

    ids: Ints
    first: int
    inside: tuple[int, int]

    def of_text(self, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Scores of all ids, 0 for those that are not of the text."""
        found = np.zeros_like(scores)
        text = slice(*self.inside)
        found[text] = scores[text]
        return found


def body_of(teacher: Teacher, text: str, spans: Sequence[tuple[int, int]], around: tuple[str, str]) -> Body:
    """Ids of a text.

    An id belongs to the first word that it shares a character with: punctuation that a tokeniser does not part from a
    word goes with it.

    Args:
        teacher: Its tokeniser is used.
        text: The text.
        spans: First character and last + 1 of each word.
        around: Text before and after it that the teacher reads too.
    """
    before, after = around
    ids, places = teacher.encode(before + text + after)
    owner = np.full(len(before) + len(text) + len(after), -1, np.int64)
    for number, (start, stop) in enumerate(spans):
        owner[len(before) + start : len(before) + stop] = number
    words = []
    for start, stop in places:
        owners = owner[start:stop]
        words.append(int(owners[owners >= 0][0]) if (owners >= 0).any() else -1)
    return Body(np.array(ids, np.int64), np.array(words, np.int64))


def windows_of(teacher: Teacher, body: Body, room: int | None) -> list[Window]:
    """The whole text, or windows that overlap by half where it is longer than the room.

    Args:
        teacher: Its special ids are put around each window.
        body: The text.
        room: Most ids of the text in a window; None for no limit.
    """
    size = len(body.ids)
    if room is None or size <= room:
        starts, length = [0], size
    else:
        step, length = max(room // 2, 1), room
        starts = [*range(0, size - room, step), size - room]
    before, after = np.array(teacher.before, np.int64), np.array(teacher.after, np.int64)
    return [
        Window(
            np.concatenate([before, body.ids[start : start + length], after]),
            start,
            (len(before), len(before) + min(length, size)),
        )
        for start in starts
    ]
