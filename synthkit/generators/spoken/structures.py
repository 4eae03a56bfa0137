"""Shapes of sentences: which slots there are, in order, for each length in words."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

__all__ = ["MAX_WORDS", "MIN_WORDS", "structures"]

MIN_WORDS, MAX_WORDS = 3, 16

_MOST_ADJECTIVES = 2
_MOST_PLACES = 2


@lru_cache(maxsize=16)
def structures(words: int) -> tuple[tuple[str, ...], ...]:
    """All shapes of so many words, in a fixed order.

    A slot is a category of words, ``determiner:<noun>`` or ``who``. A sentence is a subject, perhaps a clause with
    ``who``, a verb with or without an object, perhaps places, perhaps an adverb; nouns have up to two adjectives.
    """
    found = []
    amounts = range(_MOST_ADJECTIVES + 1)
    for subject, clause, transitive, places, adverb in product(
        amounts, (False, True), (False, True), range(_MOST_PLACES + 1), (False, True)
    ):
        for described in product(amounts, repeat=int(clause) + int(transitive)):
            parts = _noun("person", subject)
            rest = list(described)
            if clause:
                parts += ("who", "transitive", *_noun("thing", rest.pop(0)))
            parts += ("transitive", *_noun("thing", rest.pop(0))) if transitive else ("intransitive",)
            parts += ("preposition", *_noun("place", 0)) * places
            parts += ("adverb",) if adverb else ()
            if len(parts) == words:
                found.append(parts)
    return tuple(found)


def _noun(kind: str, adjectives: int) -> tuple[str, ...]:
    adjective = "person_adjective" if kind == "person" else "thing_adjective"
    return (f"determiner:{kind}", *(adjective,) * adjectives, kind)
