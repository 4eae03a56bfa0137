"""Who is she, who is he? A pronoun decides where one of two people is a woman and the other a man."""

from __future__ import annotations

from synthkit.generators.inference.base import Clause, Draws, Label, Part
from synthkit.generators.inference.words import MEN, WOMEN

__all__ = ["coreference"]

_MEETINGS = ("met", "called", "visited", "thanked", "helped", "painted")
_DID = ("was late", "left early", "lost a key", "told a joke", "sang a song", "fell asleep", "won a prize", "was ill")


def coreference(draws: Draws, label: Label) -> Part:
    """One of two people alone did it. Neutral: both could be meant."""
    asked_woman = draws.flag()
    mine, others = (WOMEN, MEN) if asked_woman else (MEN, WOMEN)
    did, meeting = draws.one(_DID), draws.one(_MEETINGS)
    if label == "neutral":
        asked, other = draws.two(mine)
        pronoun = _pronoun(asked_woman)
        reason = f"{pronoun} may be {asked} or {other}, so it is not known who of them {did}"
    else:
        asked, other = draws.one(mine), draws.one(others)
        meant = asked if label == "entailment" else other
        pronoun = _pronoun(asked_woman == (label == "entailment"))
        end = f"so {asked} {did}" if label == "entailment" else f"and {pronoun} alone {did}, so {asked} did not"
        reason = f"{pronoun} can only be {meant}, {end}"
    pair = (asked, other) if draws.flag() else (other, asked)
    met = f"{pair[0]} {meeting} {pair[1]}"
    alone = f"{pronoun} alone {did}"
    return Part(
        (Clause(f"{met}, and {alone}", (met, alone)),),
        Clause(f"{asked} {did}", (asked,)),
        reason,
        frozenset([asked, other]),
    )


def _pronoun(woman: bool) -> str:
    return "she" if woman else "he"
