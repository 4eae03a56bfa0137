"""Tic-Tac-Toe: who has three in a row, for every position that play can reach.

All 5,478 positions, X first, ending at a win; the three ways of writing them are drawn. A position is in one split
only, however it is written. Most positions have no winner: see the trivial baselines.
"""

from synthkit.recipe import Categorical, Random, Recipe

recipe = Recipe(
    name="tictactoe",
    description=__doc__,
    generator="tictactoe",
    params={"explanation": "full"},
    factors=(Categorical(name="notation", values=("rows", "coordinates", "moves")),),
    design=Random(),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
