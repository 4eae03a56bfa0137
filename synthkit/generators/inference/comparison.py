"""More and less of three people: chains that decide, and such that do not."""

from __future__ import annotations

from synthkit.generators.inference.base import Clause, Draws, Label, Part
from synthkit.generators.inference.words import MEN, SCALES, WOMEN

__all__ = ["comparison"]


def comparison(draws: Draws, label: Label) -> Part:
    """Two comparisons with the same third person; a chain through it decides."""
    first, last, middle = draws.three(WOMEN + MEN)
    scale = draws.one(SCALES)
    word = draws.below(2)
    asked = f"{first} is {scale[word]} than {last}"
    top, bottom = (first, last) if word == 0 else (last, first)
    if label == "entailment":
        steps = [(top, middle), (middle, bottom)]
    elif label == "contradiction":
        steps = [(bottom, middle), (middle, top)]
    else:
        steps = [(top, middle), (bottom, middle)] if draws.flag() else [(middle, top), (middle, bottom)]
    if draws.flag():
        steps.reverse()
    said = [_written(more, less, scale, draws.below(2)) for more, less in steps]
    chain = " and ".join(f"{more} is {scale[0]} than {less}" for more, less in steps)
    end = {
        "entailment": f"so {top} is {scale[0]} than {bottom}: {asked}",
        "neutral": f"which does not tell who of {first} and {last} is {scale[0]}",
        "contradiction": f"so {bottom} is {scale[0]} than {top}, and it cannot be that {asked}",
    }[label]
    clauses = tuple(Clause(text, (text,)) for text in said)
    return Part(clauses, Clause(asked, (asked,)), f"{chain}, {end}", frozenset([first, last, middle]))


def _written(more: str, less: str, scale: tuple[str, str], word: int) -> str:
    return f"{more} is {scale[0]} than {less}" if word == 0 else f"{less} is {scale[1]} than {more}"
