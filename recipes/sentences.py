"""English sentences by a grammar: which word stands at a place?

The sentences of the speech recipes, 4 to 12 words, as text: `every doctor finds the old map : 5` asks for the fifth
word. A corpus that looks like language, for pre-training, and a test of whether a model can count and copy.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="sentences",
    description=__doc__,
    generator="sentences",
    params={"min_words": 4, "max_words": 12, "vocabulary": "large"},
    design=Random(size=50_000),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
