"""Natural language inference by a grammar: the label, the words that decide it and the reasoning are known.

Quantifiers, negation, comparison, co-reference and world facts, a fifth each; up to two sentences of the premise do not
matter. Labels are balanced, and a hypothesis is drawn alike for all labels, so that it alone says nothing.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="nli_grammar",
    description=__doc__,
    notes=(
        "The premise alone says something of the label: where nothing can be compared, a pronoun could be either of "
        "two people, or somebody drew a bird and bought none, the label is neutral whatever is asked.",
    ),
    generator="nli",
    params={"max_distractors": 2, "rationale": "reasoning"},
    design=Random(size=24_000),
    splits={"train": 20_000, "validation": 2_000, "test": 2_000},
    smoke={"design.limit": 120},
)
