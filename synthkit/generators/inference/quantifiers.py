"""All, most, some, none, not all: what one says of another, where there is at least one of the kind."""

from __future__ import annotations

from synthkit.generators.inference.base import Clause, Draws, Label, Part
from synthkit.generators.inference.words import ANIMALS, STATES

__all__ = ["PREMISES", "quantifiers"]

_WRITTEN = {"all": "All", "most": "Most", "some": "Some", "none": "None", "not all": "Not all"}
_MEANS = {
    "all": "every one of them is",
    "most": "more than half of them are",
    "some": "at least one of them is",
    "none": "not one of them is",
    "not all": "at least one of them is not",
}

# Hypothesis -> label -> premises. "Some" is one or more, "most" more than half, and there is at least one.
PREMISES: dict[str, dict[Label, tuple[str, ...]]] = {
    "all": {"entailment": ("all",), "neutral": ("most", "some"), "contradiction": ("none", "not all")},
    "most": {"entailment": ("all", "most"), "neutral": ("some", "not all"), "contradiction": ("none",)},
    "some": {"entailment": ("all", "most", "some"), "neutral": ("not all",), "contradiction": ("none",)},
    "none": {"entailment": ("none",), "neutral": ("not all",), "contradiction": ("all", "most", "some")},
    "not all": {"entailment": ("none", "not all"), "neutral": ("most", "some"), "contradiction": ("all",)},
}
_SO = {
    "entailment": "so it is true that {said}",
    "neutral": "so it may or may not be that {said}",
    "contradiction": "so it cannot be that {said}",
}


def quantifiers(draws: Draws, label: Label) -> Part:
    """The animals of the premise are those of the hypothesis, and so is their state."""
    noun, state = draws.one(ANIMALS), draws.one(STATES)
    asked = draws.one(tuple(PREMISES))
    given = draws.one(PREMISES[asked][label])
    group, other = f"{_WRITTEN[given]} of the {noun}", f"{_WRITTEN[asked]} of the {noun}"
    said = _SO[label].format(said=f"{other[0].lower()}{other[1:]} are {state}")
    reason = f"if {group[0].lower()}{group[1:]} are {state}, {_MEANS[given]} {state}, {said}"
    return Part(
        (Clause(f"{group} are {state}", (group,)),),
        Clause(f"{other} are {state}", (other,)),
        reason,
        frozenset([noun]),
    )
