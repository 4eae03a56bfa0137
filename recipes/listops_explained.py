"""Short ListOps with step-by-step explanations of a small share of the training examples.

The setting of "Show Me How It's Done" (Ballout et al., ACML 2023): 21 to 49 tokens, 2 to 10 arguments, at most 9
nested; one training example in fifty has an explanation in `rationale`, post-order, one line an operator, ending in
`Final answer: d`. Operators have the same names in all splits; in the released files the test set has `SM` where
training has `SUM`.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="listops_explained",
    description=__doc__,
    notes=(
        "For training on explanations, make `rationale` the target where there is one; `target` is the answer alone.",
    ),
    generator="listops",
    params={
        "max_args": 10,
        "max_depth": 9,
        "min_tokens": 21,
        "max_tokens": 49,
        "names": {"SM": "SUM", "MED": "MEDIAN"},
        "explanation": "long",
        "explained": 0.02,
        "explained_splits": ["train"],
    },
    design=Random(size=100_000),
    splits={"train": 96_000, "validation": 2_000, "test": 2_000},
    citation="Ballout, Krumnack, Heidemann, Kuehnberger: Show Me How It's Done: The Role of Explanations in "
    "Fine-Tuning Language Models. ACML 2023.",
)
