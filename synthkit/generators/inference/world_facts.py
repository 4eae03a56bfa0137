"""What is a bird, what is in France: facts that the texts do not state."""

from __future__ import annotations

from synthkit.generators.inference.base import Clause, Draws, Label, Part, an
from synthkit.generators.inference.words import CITIES, KINDS, MEN, WOMEN

__all__ = ["world_facts"]

_OTHER_DEEDS = ("drew", "described", "dreamt of")
_OTHER_PLACES = ("comes from", "works in", "wrote about")


def world_facts(draws: Draws, label: Label) -> Part:
    """A thing and its kind, or a city and its country."""
    who = draws.one(WOMEN + MEN)
    return _bought(draws, label, who) if draws.flag() else _lives(draws, label, who)


def _bought(draws: Draws, label: Label, who: str) -> Part:
    """``bought only`` excludes other kinds, ``bought`` does not."""
    asked, foreign = draws.two(tuple(KINDS))
    only, inside = draws.flag(), draws.flag()
    verb = "bought"
    if label == "entailment":
        inside = True
    elif label == "contradiction":
        only, inside = True, False
    elif draws.flag():
        verb = draws.one(_OTHER_DEEDS)
    else:
        only, inside = False, False
    kind = asked if inside else foreign
    thing = draws.one(KINDS[kind])
    deed = f"{verb} {'only ' if only else ''}{an(thing)}"
    hypothesis = f"bought {an(asked)}"
    fact = f"{an(thing)} is {an(kind)}"
    end = {
        "entailment": f"so {who} bought {an(asked)}",
        "neutral": f"and who {deed} may or may not have bought {an(asked)}",
        "contradiction": f"no {kind} is {an(asked)}, and {who} bought nothing else",
    }[label]
    return Part(
        (Clause(f"{who} {deed}", (deed,)),),
        Clause(f"{who} {hypothesis}", (hypothesis,)),
        f"{fact}, {end}",
        frozenset([who]),
    )


def _lives(draws: Draws, label: Label, who: str) -> Part:
    """One lives in one place, but may work or come from anywhere."""
    asked, foreign = draws.two(tuple(CITIES))
    verb = draws.one(_OTHER_PLACES) if label == "neutral" else "lives in"
    inside = {"entailment": True, "contradiction": False, "neutral": draws.flag()}[label]
    country = asked if inside else foreign
    city = draws.one(CITIES[country])
    deed, hypothesis = f"{verb} {city}", f"lives in {asked}"
    end = {
        "entailment": f"so {who} lives in {asked}",
        "neutral": f"but where {who} lives is not said",
        "contradiction": f"so {who} does not live in {asked}",
    }[label]
    return Part(
        (Clause(f"{who} {deed}", (deed,)),),
        Clause(f"{who} {hypothesis}", (hypothesis,)),
        f"{city} is in {country}, {end}",
        frozenset([who]),
    )
