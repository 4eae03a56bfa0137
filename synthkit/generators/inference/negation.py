"""Is and is not, of pairs of which exactly one holds."""

from __future__ import annotations

from synthkit.generators.inference.base import Clause, Draws, Label, Part
from synthkit.generators.inference.words import OPPOSITES, THINGS

__all__ = ["negation"]


def negation(draws: Draws, label: Label) -> Part:
    """Neutral: the premise speaks of another thing."""
    thing, other = draws.two(THINGS)
    pair = draws.one(OPPOSITES)
    side, denied = draws.below(2), draws.flag()
    holds = side if not denied else 1 - side  # the side of the pair that the hypothesis says
    asked = f"{thing} is {'not ' if denied else ''}{pair[side]}"
    about = other if label == "neutral" else thing
    true = draws.below(2) if label == "neutral" else holds if label == "entailment" else 1 - holds
    turned = draws.flag()
    said = f"{about} is not {pair[1 - true]}" if turned else f"{about} is {pair[true]}"
    plain = f"the {about} is {pair[true]}"
    known = f"not {pair[1 - true]} is {pair[true]}, so {plain}" if turned else plain
    end = {
        "entailment": f"so it is true that the {asked}",
        "neutral": f"which says nothing of the {thing}",
        "contradiction": f"so it cannot be that the {asked}",
    }[label]
    return Part(
        (Clause(f"The {said}", (said,)),),
        Clause(f"The {asked}", (thing if label == "neutral" else asked,)),
        f"{known}, {end}",
        frozenset([thing, other]),
    )
