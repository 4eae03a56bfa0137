"""Teacher: a small BERT from scratch that knows the label of an inference.

Exported, it is what saliency rationales explain: they say which words its answers rest on.

    synthkit train nli_teacher --out runs/teacher
    synthkit export runs/teacher --out teacher

Each word between spaces is one token with an embedding of its own. After Pieper et al. (NLDB 2024), whose teachers were
BERT models fine-tuned on published inferences.
"""

from synthkit.train import LanguageExperiment
from synthkit.train.language.record import LanguageModelChoice, LanguageTraining, TextChoice, Tokens

experiment = LanguageExperiment(
    kind="language",
    name="nli_teacher",
    description=__doc__,
    data=TextChoice(recipe="nli_grammar"),
    model=LanguageModelChoice(
        path="tiny:bert",
        weights="scratch",
        config={
            "hidden_size": 128,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "intermediate_size": 512,
        },
    ),
    tokens=Tokens(scheme="fresh"),
    training=LanguageTraining(steps=3000, batch_size=32, learning_rate=5e-4, warmup_steps=200, schedule="cosine"),
    smoke={
        "model.config": {},
        "data.limit": 2000,
        "data.test_limit": 16,
        "training.steps": 10,
        "inspection.limit": 8,
        "inspection.probe_limit": 16,
    },
)
