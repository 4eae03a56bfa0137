"""Bit memory: five patterns of 1,000 bits, then one of them with half of its bits hidden; which was it?

A sequence control of work on frozen transformers (Lu et al. 2021), as text. A linear model cannot do it, and nothing of
language helps.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="bit_memory",
    description=__doc__,
    generator="bit_memory",
    params={"bits": 1000, "patterns": 5, "mask": 0.5},
    design=Random(size=10_000),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
    citation="Lu, Grover, Abbeel, Mordatch: Pretrained Transformers as Universal Computation Engines. 2021.",
)
