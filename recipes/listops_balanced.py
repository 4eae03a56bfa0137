"""Short ListOps with every answer equally often.

21 to 49 tokens, 2 to 10 arguments, at most 9 nested, as in `listops_explained`; each run of ten examples has each
answer once, so that guessing one class is right in a tenth of the cases and not in a sixth.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="listops_balanced",
    description=__doc__,
    generator="listops",
    params={"max_args": 10, "max_depth": 9, "min_tokens": 21, "max_tokens": 49, "balanced": True},
    design=Random(size=100_000),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
