"""Transfer from a synthetic corpus: ListOps and Tic-Tac-Toe from scratch, after language, and after solutions.

The starts `language` and `solutions` are the models of `pretrain_synthetic`, exported to the folder `pretrained` where
the command is run:

    synthkit train pretrain_synthetic --variant language --out runs/language
    synthkit export runs/language --out pretrained/language
    synthkit train pretrain_synthetic --variant solutions --out runs/solutions
    synthkit export runs/solutions --out pretrained/solutions
    synthkit train synthetic_transfer --out runs/transfer

`scratch` has the same configuration and tokens, and fresh weights. Lists of 9 to 25 tokens; boards written in rows.
"""

from synthkit.train import LanguageExperiment
from synthkit.train.experiment import Variant
from synthkit.train.language.record import Axis, LanguageModelChoice, LanguageTraining, Sweep, TextChoice

experiment = LanguageExperiment(
    kind="language",
    name="synthetic_transfer",
    description=__doc__,
    data=TextChoice(recipe="listops_balanced", limit=20_000, test_limit=2000),
    model=LanguageModelChoice(path="pretrained/language", head="classification"),
    training=LanguageTraining(steps=1500, batch_size=32, learning_rate=3e-4, warmup_steps=100, schedule="cosine"),
    sweep=Sweep(
        axes=(
            Axis(
                name="task",
                points=(
                    Variant(name="listops", set={"data.set": {"params.min_tokens": 9, "params.max_tokens": 25}}),
                    Variant(
                        name="tictactoe",
                        set={"data.recipe": "tictactoe", "data.set": {"factors.notation.values": ["rows"]}},
                    ),
                ),
            ),
            Axis(
                name="start",
                points=(
                    Variant(name="scratch", set={"model.weights": "scratch"}),
                    Variant(name="language", set={"model.path": "pretrained/language"}),
                    Variant(name="solutions", set={"model.path": "pretrained/solutions"}),
                ),
            ),
        ),
    ),
    smoke={
        "model.path": "tiny:bert",
        "data.limit": 200,
        "data.test_limit": 50,
        "training.steps": 5,
        "training.batch_size": 8,
        "inspection.limit": 32,
        "inspection.probe_limit": 64,
    },
)
