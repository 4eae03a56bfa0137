"""Bit xor: the exclusive or of two patterns of five bits, for all 1,024 pairs.

A sequence control of work on frozen transformers (Lu et al. 2021), as text, with the answer worked out bit by bit in
`rationale`.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="bit_xor",
    description=__doc__,
    generator="bit_xor",
    params={"bits": 5, "patterns": 2, "explanation": "full"},
    design=Random(),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
    citation="Lu, Grover, Abbeel, Mordatch: Pretrained Transformers as Universal Computation Engines. 2021.",
)
