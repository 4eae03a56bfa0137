"""ListOps of the Long Range Arena: 501 to 1,999 tokens, with a seed, without brackets that are thrown away again.

The distribution of the released script (Tay et al. 2021): a node is an operator with probability 1/4, with 2 to 10
arguments, at most 9 nested; trees of 500 tokens or fewer and of 2,000 or more are rejected. 96,000 examples for
training, 2,000 each for validation and test; no tree occurs twice. Written as `[MAX 2 9 [MIN 4 7 ] 0 ]`, which is what
the benchmark's loader leaves of the script's output; `--set params.rendering=parens` writes that output itself.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="listops_lra",
    description=__doc__,
    notes=(
        "Nearly every tree has depth 9: with this length and at most 9 levels, depth and length are not independent.",
        "Always answering 0 or 9 is right in a sixth of the cases, not a tenth: see the trivial baselines.",
    ),
    generator="listops",
    params={"max_args": 10, "max_depth": 9, "min_tokens": 501, "max_tokens": 1999},
    design=Random(size=100_000),
    splits={"train": 96_000, "validation": 2_000, "test": 2_000},
    citation="Tay et al.: Long Range Arena: A Benchmark for Efficient Transformers. ICLR 2021.",
)
