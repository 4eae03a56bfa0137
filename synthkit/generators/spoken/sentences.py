"""English sentences by a grammar: of an exact length, out of a vocabulary, with few or many different phonemes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from synthkit.errors import InputError
from synthkit.generators.spoken.base import Spoken
from synthkit.generators.spoken.lexicon import CATEGORIES, FUNCTION_WORDS, INVENTORY, SHARES, Word, plural
from synthkit.generators.spoken.structures import MAX_WORDS, MIN_WORDS, structures
from synthkit.seeds import attempt_words

__all__ = ["COVERAGES", "DRAWN_WORDS", "Sentences", "grammar_sentence"]

COVERAGES = ("any", "low", "high")

_CANDIDATES = 32
_MOST_DRAWS = 200
_MAX_COUNT = 100_000
DRAWN_WORDS = 64  # random words for a sentence
_VOCABULARIES = tuple(SHARES)


class _Choices:
    """Picks by random words, one after the other."""

    def __init__(self, words: list[int]) -> None:
        self._words = iter(words)

    def of(self, count: int) -> int:
        return (next(self._words) * count) >> 32


class Sentences:
    """Sentences by number: different numbers have different sentences, in the same words, vocabulary and coverage.

    Of the draws 0, 1, 2, ... of a number, the first counts whose sentence no smaller number has. With coverage ``high``
    or ``low`` a draw is that of 32 candidates with the most or the fewest different phonemes, the first of equals.
    """

    factors = ("words", "vocabulary", "coverage")
    notes = ()

    def __init__(self, count: int, key: int) -> None:
        if count > _MAX_COUNT:
            raise InputError(f"params.texts.count: must be <= {_MAX_COUNT} sentences, not {count}")
        self.count = count
        self._key = key
        self._known: dict[tuple[int, str, str], list[Spoken]] = {}
        self._texts: dict[tuple[int, str, str], set[str]] = {}

    def text(self, number: int, *, words: int, vocabulary: str, coverage: str) -> Spoken:
        if not MIN_WORDS <= words <= MAX_WORDS:
            raise InputError(f"words: a sentence has {MIN_WORDS} to {MAX_WORDS} words, not {words}")
        kind = (words, vocabulary, coverage)
        known = self._known.setdefault(kind, [])
        taken = self._texts.setdefault(kind, set())
        while len(known) <= number:
            spoken = self._next(len(known), kind, taken)
            known.append(spoken)
            taken.add(spoken.text)
        return known[number]

    def _next(self, number: int, kind: tuple[int, str, str], taken: set[str]) -> Spoken:
        for attempt in range(_MOST_DRAWS):
            drawn = self._drawn(number, attempt, kind)
            text = " ".join(word.text for word in drawn)
            if text not in taken:
                return Spoken(text, len(drawn), _coverage(drawn))
        words, vocabulary, _ = kind
        raise InputError(
            f"params.texts.count: {self.count} different sentences of {words} words out of the {vocabulary} vocabulary "
            f"are not to be found, {number} are; ask for fewer, for more words or for a larger vocabulary"
        )

    def _drawn(self, number: int, attempt: int, kind: tuple[int, str, str]) -> tuple[Word, ...]:
        words, vocabulary, coverage = kind
        candidates = 1 if coverage == "any" else _CANDIDATES
        # The counter has a place for (word, number, attempt, kind): kinds do not share sentences but by chance.
        stream = (words * len(_VOCABULARIES) + _VOCABULARIES.index(vocabulary)) * 3 + COVERAGES.index(coverage)
        index, attempts = np.array([number], np.int64), np.array([attempt], np.uint32)
        random = attempt_words(self._key, stream, index, attempts, DRAWN_WORDS * candidates)[0].tolist()
        found = [
            tuple(_sentence(words, vocabulary, _Choices(random[i * DRAWN_WORDS : (i + 1) * DRAWN_WORDS])))
            for i in range(candidates)
        ]
        sign = -1 if coverage == "high" else 1
        return min(found, key=lambda sentence: sign * _coverage(sentence))


def grammar_sentence(words: int, vocabulary: str, random: list[int]) -> list[str]:
    """The words of one sentence.

    Args:
        words: How many, see `synthkit.generators.spoken.structures`.
        vocabulary: ``small``, ``medium`` or ``large``.
        random: `DRAWN_WORDS` random 32-bit words.
    """
    return [word.text for word in _sentence(words, vocabulary, _Choices(random))]


def _coverage(sentence: tuple[Word, ...]) -> float:
    return len({phoneme for word in sentence for phoneme in word.phonemes}) / len(INVENTORY)


def _sentence(words: int, vocabulary: str, choices: _Choices) -> Iterator[Word]:
    """The words of a sentence; no content word comes twice."""
    shapes = structures(words)
    shape = shapes[choices.of(len(shapes))]
    used: set[str] = set()
    determiner: Word | None = None  # waits for the word after it, which decides between a and an
    many = False
    for slot in shape:
        if slot.startswith("determiner:"):
            determiner, many = _determiner(slot.partition(":")[2], vocabulary, choices)
            continue
        word = FUNCTION_WORDS["who"] if slot == "who" else _pick(slot, vocabulary, used, choices)
        if slot in ("person", "thing", "place") and many:
            word = plural(word)
        if determiner is not None:
            yield FUNCTION_WORDS["an"] if determiner.text == "a" and word.an else determiner
            determiner = None
        yield word


def _determiner(noun: str, vocabulary: str, choices: _Choices) -> tuple[Word, bool]:
    """A determiner, and whether its noun is in the plural."""
    kind = choices.of(8)
    if kind < 3 or (noun == "place" and kind < 5):
        return FUNCTION_WORDS["the"], noun != "place" and choices.of(4) == 0
    if kind < 5:
        return FUNCTION_WORDS["a"], False
    if kind == 5 and noun == "thing":
        numbers = _vocabulary("number", vocabulary)
        return numbers[choices.of(len(numbers))], True
    if kind == 6:
        return FUNCTION_WORDS["this" if noun == "place" else "every"], False
    owners = _vocabulary("owner", vocabulary)
    return owners[choices.of(len(owners))], noun != "place" and choices.of(3) == 0


def _pick(category: str, vocabulary: str, used: set[str], choices: _Choices) -> Word:
    """A word that the sentence does not have yet."""
    left = [word for word in _vocabulary(category, vocabulary) if word.text not in used]
    word = left[choices.of(len(left))]
    used.add(word.text)
    return word


@lru_cache(maxsize=64)
def _vocabulary(category: str, vocabulary: str) -> tuple[Word, ...]:
    words = CATEGORIES[category]
    return words[: max(round(len(words) * SHARES[vocabulary]), min(len(words), 4))]
