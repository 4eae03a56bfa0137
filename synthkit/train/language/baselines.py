"""Answers that need no model: what a number must be compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.records import TextExample
from synthkit.train.language.codec import symbols_of
from synthkit.train.language.texts import Texts

__all__ = ["BASELINES", "Baselines"]

# Name -> what the guess depends on: the commonest training answer among texts that have it in common.
BASELINES: dict[str, Callable[[Sequence[str]], Hashable]] = {
    "majority": lambda _: 0,
    "length": len,
    "first_symbol": lambda symbols: symbols[0] if symbols else "",
    "last_symbol": lambda symbols: symbols[-1] if symbols else "",
}


class Baselines:
    """Guesses of the commonest training answer: of all, or among texts of that length, first or last symbol.

    The first and last symbol say nothing where all texts have the same; a symbol that no training text has is answered
    by the commonest answer of all.

    Args:
        train: Training texts.
    """

    def __init__(self, train: Texts) -> None:
        counts: dict[str, dict[Hashable, Counter[str]]] = {name: {} for name in BASELINES}
        for chunk in train.chunks():
            for example in chunk:
                symbols = symbols_of(example.input)
                for name, feature in BASELINES.items():
                    counts[name].setdefault(feature(symbols), Counter())[example.target] += 1
        self._guess = {name: {value: _commonest(found) for value, found in of.items()} for name, of in counts.items()}

    def right(self, examples: Sequence[TextExample]) -> dict[str, npt.NDArray[np.bool_]]:
        """Baseline -> whether its guess is right, [n]."""
        symbols = [symbols_of(example.input) for example in examples]
        everything = self._guess["majority"][0]
        found: dict[str, Any] = {}
        for name, feature in BASELINES.items():
            guesses = [self._guess[name].get(feature(s), everything) for s in symbols]
            pairs = zip(guesses, examples, strict=True)
            found[name] = np.array([guess == example.target for guess, example in pairs], bool)
        return found


def _commonest(counts: Counter[str]) -> str:
    """The commonest answer, of equals the first in alphabetical order."""
    return min(counts, key=lambda answer: (-counts[answer], answer))
