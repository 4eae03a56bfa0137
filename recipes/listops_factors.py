"""ListOps with depth and length set apart: every combination of three depths, four lengths and three operator sets.

In the published datasets depth follows from length. Here each example has exactly the depth and the number of tokens
that its factors say, drawn from all trees that have them; 500 examples of each of the 36 combinations. Operators have 2
to 5 arguments.
"""

from synthkit.recipe import Categorical, Grid, Integers, Recipe

recipe = Recipe(
    name="listops_factors",
    description=__doc__,
    generator="listops",
    params={"max_args": 5, "explanation": "long"},
    factors=(
        Integers(name="depth", low=3, high=5),
        Integers(name="tokens", low=20, high=50, step=10),
        Categorical(name="operators", values=("MIN MAX", "MIN MAX MED SM", "MIN MAX MED SM FIRST LAST PM")),
    ),
    design=Grid(repeats=500),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
