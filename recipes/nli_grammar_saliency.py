"""Inferences of our grammar, each with the words that a teacher's answer rests on: saliency rationales.

After "Efficient Knowledge Distillation: Empowering Small Language Models with Teacher Model Insights" (Ballout et al.
2024, arXiv 2409.12586): the input words that a large model found most influential are given to a small one as
rationales. The teacher is a model that knows the task (`--set teacher=DIR`), by default asked as that of `nli_teacher`:

    synthkit train nli_teacher --out runs/teacher
    synthkit export runs/teacher --out teacher
    synthkit generate nli_grammar_saliency --set teacher=teacher --out data

For a model that reads the text alone add `--set asked.template={input}`. What is explained is what the teacher says,
right or wrong. `--smoke` takes a teacher with random weights.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="nli_grammar_saliency",
    description=__doc__,
    notes=(
        "The paper does not say which method, how many words or which of its datasets; integrated gradients and six "
        "words are ours.",
    ),
    generator="saliency",
    params={
        "corpus": "grammar",
        "items": 5_000,
        "distractors": [2, 2],
        "teacher": "",
        "asked": {"template": "predict: {input}"},
        "method": "integrated_gradients",
        "selection": {"top": 6},
    },
    design=Random(),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
    smoke={"params.teacher": "tiny:bert", "params.items": 40},
)
