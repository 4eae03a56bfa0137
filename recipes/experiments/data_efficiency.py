"""Data efficiency: ListOps from more and more examples, with and without explanations of the answers.

After "Show Me How It's Done" (Ballout et al. 2023): T5-small, greedy decoding, but the whole final answer is compared,
not its last character, and each step of an explanation is replayed. The explanations that the dataset lacks are made by
its task.
"""

from synthkit.train import LanguageExperiment
from synthkit.train.experiment import Variant
from synthkit.train.language.record import (
    Axis,
    LanguageEvaluation,
    LanguageModelChoice,
    LanguageTraining,
    Sweep,
    TextChoice,
)

_SIZES = (1_000, 5_000, 20_000, 96_000)

experiment = LanguageExperiment(
    kind="language",
    name="data_efficiency",
    description=__doc__,
    data=TextChoice(recipe="listops_explained"),
    model=LanguageModelChoice(path="t5-small", head="seq2seq"),
    training=LanguageTraining(steps=20_000, batch_size=32, learning_rate=3e-4, warmup_steps=500, schedule="cosine"),
    sweep=Sweep(
        axes=(
            Axis(
                name="says",
                points=(
                    Variant(name="answer", set={"explanations.target": "answer"}),
                    Variant(name="explained", set={"explanations.target": "rationale"}),
                    Variant(name="some_explained", set={"explanations.target": "mixed", "explanations.share": 0.1}),
                ),
            ),
            Axis(
                name="examples",
                points=tuple(
                    Variant(name=str(size), set={"data.limit": size}, smoke={"data.limit": 50 * (k + 1)})
                    for k, size in enumerate(_SIZES)
                ),
            ),
        ),
        seeds=3,
    ),
    evaluation=LanguageEvaluation(max_new_tokens=400),
    smoke={
        "model.path": "tiny:t5",
        "data.test_limit": 16,
        "training.steps": 3,
        "training.batch_size": 8,
        "evaluation.max_new_tokens": 24,
        "inspection.limit": 8,
        "inspection.probe_limit": 16,
    },
)
