"""Bit xor: the exclusive or of two strings of 5 bits.

The control task of work on frozen transformers (Lu et al. 2021), as text. There are 1,024 inputs, and all of them are
here, each in one split; the published script draws train and test from the same 1,024. With `--set params.bits=10`
there are 1,048,576, of which `--set design.size=100000` takes some. The rationale works the answer out bit by bit.
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
