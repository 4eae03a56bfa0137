"""Pre-training on a corpus of our own: sentences of a grammar and nested brackets, with or without ListOps solutions.

A small BERT (4 layers, 256 wide, 3 million parameters) learns to find hidden tokens. `synthkit export` writes it as a
directory that `synthetic_transfer` begins with. It stands in for a model of the hub where none can be had, and shows
what of a transfer comes from what kind of text.
"""

from synthkit.train import LanguageExperiment
from synthkit.train.experiment import Variant
from synthkit.train.language.record import Explanations, LanguageModelChoice, LanguageTraining, Part, TextChoice

_LANGUAGE = [
    {"recipe": "brackets", "limit": 20_000},
]
_LISTS = {"params.explained": 1.0, "params.min_tokens": 9, "params.max_tokens": 25}
_SOLUTIONS = [*_LANGUAGE, {"recipe": "listops_explained", "set": _LISTS, "limit": 20_000}]

experiment = LanguageExperiment(
    kind="language",
    name="pretrain_synthetic",
    description=__doc__,
    data=TextChoice(recipe="sentences", limit=20_000, mix=(Part(recipe="brackets", limit=20_000),)),
    model=LanguageModelChoice(
        path="tiny:bert",
        weights="scratch",
        head="masked",
        config={
            "hidden_size": 256,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "intermediate_size": 1024,
        },
    ),
    explanations=Explanations(target="mixed"),
    training=LanguageTraining(steps=2500, batch_size=32, learning_rate=5e-4, warmup_steps=200, schedule="cosine"),
    variants=(
        Variant(name="language", set={"data.mix": _LANGUAGE}),
        Variant(name="solutions", set={"data.mix": _SOLUTIONS}),
    ),
    smoke={
        "model.config": {},
        "data.limit": 200,
        "data.test_limit": 50,
        "data.mix": [{"recipe": "brackets", "limit": 200}],
        "training.steps": 5,
        "training.batch_size": 8,
        "inspection.limit": 32,
        "inspection.probe_limit": 64,
    },
)
