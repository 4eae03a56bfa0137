"""The corpus that needs no download: inferences of the grammar, all different."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from synthkit.errors import InputError
from synthkit.generators.corpora.base import WHOLE, Corpus, Item, Licensed
from synthkit.generators.inference import DRAWN_WORDS, LABELS, PHENOMENA, Inference, draw_inference
from synthkit.seeds import attempt_words

__all__ = ["LICENSED", "grammar_corpus"]

LICENSED = Licensed("CC0-1.0", "", "", "")
_CHUNK = 4096
_MOST_TRIED = 64  # times as many draws as inferences


@lru_cache(maxsize=4)
def grammar_corpus(size: int, key: int, distractors: tuple[int, int] = (0, 2)) -> Corpus:
    """Inferences in one part, which splits share out.

    Args:
        size: How many.
        key: Decides which.
        distractors: Fewest and most sentences that do not matter.

    Raises:
        InputError: There are not so many different ones.
    """
    found: dict[str, Item] = {}
    for start in range(0, size * _MOST_TRIED, _CHUNK):
        index = np.arange(start, start + _CHUNK)
        words = attempt_words(key, 0, index, np.zeros(_CHUNK, np.uint32), DRAWN_WORDS).tolist()
        _add(found, words, distractors, start, size)
        if len(found) == size:
            return Corpus("grammar", {WHOLE: tuple(found.values())}, LABELS, LICENSED, PHENOMENA)
    raise InputError(f"params.items: {size} different inferences are asked for, but only {len(found)} were found")


def _add(
    found: dict[str, Item], words: Sequence[list[int]], distractors: tuple[int, int], first: int, size: int
) -> None:
    for number, row in enumerate(words, start=first):
        if len(found) == size:
            return
        item = _item(draw_inference(row, PHENOMENA, distractors), number)
        found.setdefault(item.text, item)


def _item(one: Inference, number: int) -> Item:
    return Item(
        id=f"g{number}",
        parts=(("premise", one.premise), ("hypothesis", one.hypothesis)),
        target=one.label,
        origin="grammar",
        reasoning=one.reason,
        evidence=one.evidence,
        kind=one.phenomenon,
    )
