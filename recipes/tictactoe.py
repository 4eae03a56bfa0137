"""Tic-Tac-Toe: who has three in a row, for every position that a game can reach?

5,478 positions, each once and in one split only, however it is written: 626 won by X, 316 by O, 4,536 by nobody (16 of
them drawn). The three notations are drawn; the rationale looks at all eight lines.
"""

from synthkit.recipe import Categorical, Random, Recipe

recipe = Recipe(
    name="tictactoe",
    description=__doc__,
    notes=(
        "In 83 % of the positions nobody has three in a row; `params.positions=finished` takes the 958 finished games "
        "alone (X 65 %, O 33 %, nobody 2 %).",
    ),
    generator="tictactoe",
    params={"positions": "all", "explanation": "full"},
    factors=(Categorical(name="notation", values=("rows", "coordinates", "moves")),),
    design=Random(),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
