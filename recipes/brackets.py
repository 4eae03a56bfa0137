"""Nested brackets of three kinds: what closes all that is open?

The Dyck language of three pairs, a standard test of whether a model can keep a stack: 8 to 32 symbols, at most 8 open
at once. The answer closes what is open, the last opened first.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="brackets",
    description=__doc__,
    generator="brackets",
    params={"kinds": 3, "min_symbols": 8, "max_symbols": 32, "max_depth": 8},
    design=Random(size=50_000),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
