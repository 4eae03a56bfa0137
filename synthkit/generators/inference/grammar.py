"""Puts a phenomenon and sentences that do not matter together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from synthkit.generators.inference.base import LABELS, Draws, Inference, Label, Part
from synthkit.generators.inference.comparison import comparison
from synthkit.generators.inference.coreference import coreference
from synthkit.generators.inference.negation import negation
from synthkit.generators.inference.quantifiers import quantifiers
from synthkit.generators.inference.words import ANIMALS, MEN, OPPOSITES, SCALES, STATES, THINGS, WOMEN
from synthkit.generators.inference.world_facts import world_facts

__all__ = ["DRAWN_WORDS", "MOST_DISTRACTORS", "draw_inference"]

DRAWN_WORDS = 64  # more than the longest example draws
MOST_DISTRACTORS = 3

_PHENOMENA: Mapping[str, Callable[[Draws, Label], Part]] = {
    "quantifiers": quantifiers,
    "negation": negation,
    "comparison": comparison,
    "coreference": coreference,
    "world_facts": world_facts,
}


def draw_inference(words: Sequence[int], phenomena: Sequence[str], distractors: tuple[int, int]) -> Inference:
    """A premise and a hypothesis.

    The label is uniform and the hypothesis is drawn alike for all labels: alone it says nothing of the label.

    Args:
        words: `DRAWN_WORDS` uint32 words.
        phenomena: Which there are, equally likely.
        distractors: Fewest and most sentences that do not matter, uniform.
    """
    draws = Draws(words)
    phenomenon = draws.one(phenomena)
    label = draws.one(LABELS)
    low, high = distractors
    count = low + draws.below(high - low + 1)
    part = _PHENOMENA[phenomenon](draws, label)
    sentences = [clause.text for clause in part.clauses]
    used = set(part.used)
    for _ in range(count):
        text, names = _distractor(draws, used)
        used |= names
        sentences.insert(draws.below(len(sentences) + 1), text)
    evidence = tuple(piece for clause in (*part.clauses, part.hypothesis) for piece in clause.evidence)
    premise = " ".join(f"{_begun(text)}." for text in sentences)
    hypothesis = f"{_begun(part.hypothesis.text)}."
    return Inference(premise, hypothesis, label, evidence, part.reason, phenomenon, count)


def _distractor(draws: Draws, used: set[str]) -> tuple[str, set[str]]:
    """A sentence of nothing that was spoken of, and what it speaks of; each needs at most five words."""
    kind = draws.below(3)
    if kind == 0:
        noun = draws.one([noun for noun in ANIMALS if noun not in used])
        many = draws.one(("All", "Most", "Some", "None"))
        return f"{many} of the {noun} are {draws.one(STATES)}", {noun}
    if kind == 1:
        thing = draws.one([thing for thing in THINGS if thing not in used])
        state = draws.one(draws.one(OPPOSITES))
        return f"The {thing} is {'not ' if draws.flag() else ''}{state}", {thing}
    one, other = draws.two([name for name in WOMEN + MEN if name not in used])
    return f"{one} is {draws.one(draws.one(SCALES))} than {other}", {one, other}


def _begun(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
