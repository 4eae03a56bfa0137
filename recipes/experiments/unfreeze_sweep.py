"""Partial unfreezing: each layer of a pre-trained model is trained alone, beside none and all of them.

The question of "Opening the Black Box" (Ballout et al. 2023), which found layer 10 of BERT to be the best single layer
for ListOps and explained it by the entropy of attention and the similarity of embeddings. The classifier on top is new
and is trained in all points. `synthkit analyze` draws entropy and similarity by layer beside the accuracy.
"""

from synthkit.train import LanguageExperiment
from synthkit.train.experiment import Variant
from synthkit.train.language.record import Axis, LanguageModelChoice, LanguageTraining, Sweep, TextChoice

experiment = LanguageExperiment(
    kind="language",
    name="unfreeze_sweep",
    description=__doc__,
    data=TextChoice(recipe="listops_balanced"),
    model=LanguageModelChoice(path="bert-base-uncased", head="classification"),
    training=LanguageTraining(steps=20_000, batch_size=32, learning_rate=1e-4, warmup_steps=500, schedule="cosine"),
    sweep=Sweep(
        axes=(
            Axis(
                name="trained",
                points=(
                    Variant(name="head", set={"freezing": "head"}),
                    Variant(name="layer", set={"freezing": "head,layer:*"}),
                    Variant(name="full", set={"freezing": "full"}, smoke={"training.learning_rate": 1e-3}),
                ),
            ),
        ),
        seeds=3,
    ),
    smoke={
        "model.path": "tiny:bert",
        "data.limit": 320,
        "data.test_limit": 64,
        "training.steps": 8,
        "training.batch_size": 8,
        "training.warmup_steps": 2,
        "training.learning_rate": 2e-3,
        "inspection.limit": 64,
        "inspection.probe_limit": 200,
    },
)
