"""ListOps as first published: short and deep nested lists, in the reference's binary form.

The distribution of the original script (Nangia and Bowman 2018): a node is an operator with probability 1/4, with 2 to
5 arguments, at most 19 nested; no tree occurs twice. One million examples, of which the first 100,000 are made unless
`--set design.limit=null` asks for all. Unlike the script's, they have a seed and a fixed order.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="listops_spinn",
    description=__doc__,
    notes=("The answers are not evenly spread: see the trivial baselines. `listops_balanced` is even.",),
    generator="listops",
    params={"max_args": 5, "max_depth": 19, "rendering": "parens"},
    design=Random(size=1_000_000, limit=100_000),
    splits={"train": 0.9, "test": 0.1},
    citation="Nangia, Bowman: ListOps: A Diagnostic Dataset for Latent Tree Learning. NAACL Student Research Workshop "
    "2018.",
)
