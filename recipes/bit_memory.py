"""Bit memory: which of five strings of 1,000 bits is the one with half of its bits masked?

The control task of work on frozen transformers (Lu et al. 2021), as text: five random patterns, then one of them with
each bit masked with probability 1/2; the answer is the whole pattern. It is scored by the share of right bits: copying
what is shown and guessing the rest gets 3/4.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="bit_memory",
    description=__doc__,
    notes=(
        "An input has 6,000 bits in 12 kB of text, more than many language models can read; with `params.bits=20` it "
        "has 120.",
    ),
    generator="bit_memory",
    params={"bits": 1000, "patterns": 5, "mask_share": 0.5},
    design=Random(size=10_000),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
    citation="Lu, Grover, Abbeel, Mordatch: Pretrained Transformers as Universal Computation Engines. 2021.",
)
