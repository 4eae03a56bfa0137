"""Pre-trained against from scratch: BERT, GPT-2, BART and T5 on a task that is no language.

The comparison of Ballout et al. (arXiv 2306.12205) on cross-domain data: the same configuration with pre-trained and
with fresh weights, with pre-trained weights but fresh input embeddings, and with 2 % of the parameters (which ones the
paper does not say; here see `fraction` in the page on language models). `--set data.recipe=digits_sequence` or
`protein_families` for the other domains.
"""

from synthkit.train import LanguageExperiment
from synthkit.train.experiment import Variant
from synthkit.train.language.record import Axis, LanguageModelChoice, LanguageTraining, Sweep, TextChoice

experiment = LanguageExperiment(
    kind="language",
    name="scratch_vs_pretrained",
    description=__doc__,
    data=TextChoice(recipe="listops_balanced"),
    model=LanguageModelChoice(path="bert-base-uncased", head="classification"),
    training=LanguageTraining(steps=20_000, batch_size=32, learning_rate=1e-4, warmup_steps=500, schedule="cosine"),
    sweep=Sweep(
        axes=(
            Axis(
                name="model",
                points=(
                    Variant(name="bert", set={"model.path": "bert-base-uncased"}, smoke={"model.path": "tiny:bert"}),
                    Variant(name="gpt2", set={"model.path": "gpt2"}, smoke={"model.path": "tiny:gpt2"}),
                    Variant(name="bart", set={"model.path": "facebook/bart-base"}, smoke={"model.path": "tiny:bart"}),
                    Variant(name="t5", set={"model.path": "t5-base"}, smoke={"model.path": "tiny:t5"}),
                ),
            ),
            Axis(
                name="start",
                points=(
                    Variant(name="scratch", set={"model.weights": "scratch"}),
                    Variant(name="pretrained"),
                    Variant(name="fresh_embeddings", set={"tokens.scheme": "fresh"}),
                    Variant(name="two_percent", set={"freezing": "fraction:0.02"}),
                ),
            ),
        ),
        seeds=3,
    ),
    smoke={
        "data.limit": 160,
        "data.test_limit": 32,
        "training.steps": 3,
        "training.batch_size": 8,
        "inspection.limit": 8,
        "inspection.probe_limit": 16,
    },
)
