"""Teacher: a small T5 from scratch that knows the label of an inference, and was also taught to explain it.

It learns the two tasks of "Distilling step-by-step" (Hsieh et al. 2023). Asked `predict: INPUT` it says the label.
Exported, it is what saliency rationales explain: which words its answers rest on.

    synthkit train nli_teacher --out runs/teacher
    synthkit export runs/teacher --out teacher

Each word between spaces is one token with an embedding of its own.
"""

from synthkit.train import LanguageExperiment
from synthkit.train.language.record import Explanations, LanguageModelChoice, LanguageTraining, TextChoice, Tokens

experiment = LanguageExperiment(
    kind="language",
    name="nli_teacher",
    description=__doc__,
    data=TextChoice(recipe="nli_grammar"),
    model=LanguageModelChoice(
        path="tiny:t5",
        weights="scratch",
        head="seq2seq",
        config={
            "d_model": 128,
            "d_kv": 32,
            "d_ff": 512,
            "num_heads": 4,
            "num_layers": 3,
            "num_decoder_layers": 3,
            "dropout_rate": 0.0,
        },
    ),
    tokens=Tokens(scheme="fresh"),
    explanations=Explanations(target="multitask"),
    training=LanguageTraining(steps=4000, batch_size=32, learning_rate=1e-3, warmup_steps=200, schedule="cosine"),
    smoke={
        "model.config": {},
        "data.limit": 2000,
        "data.test_limit": 16,
        "training.steps": 10,
        "inspection.limit": 8,
        "inspection.probe_limit": 16,
    },
)
