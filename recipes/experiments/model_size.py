"""Model size: explanations for small and large T5, from 60 million parameters up.

After "Show Me How It's Done" (Ballout et al. 2023), which found that long explanations help small models most. The
levels of explanation are those of the `listops` generator, so that texts are made on the fly; a directory given by
`--data` has its own explanations in all points.
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

_LEVELS = ("short", "medium", "long")
_PATHS = {"small": "t5-small", "base": "t5-base", "large": "t5-large"}

experiment = LanguageExperiment(
    kind="language",
    name="model_size",
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
                    *(
                        Variant(
                            name=level,
                            set={
                                "explanations.target": "rationale",
                                "data.set": {"params.explanation": level, "params.explained": 1.0},
                            },
                        )
                        for level in _LEVELS
                    ),
                ),
            ),
            Axis(
                name="size",
                points=tuple(
                    Variant(name=size, set={"model.path": path}, smoke={"model.path": "tiny:t5"})
                    for size, path in _PATHS.items()
                ),
            ),
        ),
        seeds=3,
    ),
    evaluation=LanguageEvaluation(max_new_tokens=400),
    smoke={
        "data.limit": 50,
        "data.test_limit": 16,
        "training.steps": 3,
        "training.batch_size": 8,
        "evaluation.max_new_tokens": 24,
        "inspection.limit": 8,
        "inspection.probe_limit": 16,
    },
)
