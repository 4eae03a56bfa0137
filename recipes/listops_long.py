"""ListOps for length generalisation: train on short lists, test on longer ones.

Training, validation and `test` have 20 to 50 tokens; `test_100` has 51 to 100, `test_200` 101 to 200, `test_500` 201 to
500. All else is the same in all splits: 2 to 5 arguments, at most 19 nested.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="listops_long",
    description=__doc__,
    generator="listops",
    params={
        "min_tokens": 20,
        "max_tokens": 50,
        "windows": {"test_100": [51, 100], "test_200": [101, 200], "test_500": [201, 500]},
    },
    design=Random(size=100_000),
    splits={
        "train": 90_000,
        "validation": 2_000,
        "test": 2_000,
        "test_100": 2_000,
        "test_200": 2_000,
        "test_500": 2_000,
    },
)
