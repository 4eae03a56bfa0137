r"""Distillation: small students of labels, of rationales that end in the label, and of both as two tasks.

After Pieper et al. (NLDB 2024) and, for the third student, "Distilling step-by-step" (Hsieh et al. 2023). A rationale
is longer than a label, so that equal steps are not equal reading: each student is trained for as many steps as the
others, and for as many tokens. Students with the same seed are compared, text by text.

The students are small T5s from scratch, each word between spaces a token, which need no download. T5-small, as in the
papers:

    synthkit train distill_label_vs_rationale --out runs/distill --set model.path=t5-small \
        --set model.weights=pretrained --set model.config={} --set tokens.scheme=own --set training.learning_rate=3e-4

`--data DIR` takes other texts and their rationales, as those of `nli_grammar_saliency` or `anli_informed_reasoning`.
"""

from synthkit.train import LanguageExperiment
from synthkit.train.experiment import Variant
from synthkit.train.language.record import Axis, LanguageModelChoice, LanguageTraining, Sweep, TextChoice, Tokens

experiment = LanguageExperiment(
    kind="language",
    name="distill_label_vs_rationale",
    description=__doc__,
    data=TextChoice(recipe="nli_grammar", set={"params.max_distractors": 0}, test_limit=1000),
    model=LanguageModelChoice(
        path="tiny:t5",
        weights="scratch",
        head="seq2seq",
        config={
            "d_model": 128,
            "d_kv": 32,
            "d_ff": 512,
            "num_heads": 4,
            "num_layers": 2,
            "num_decoder_layers": 2,
            "dropout_rate": 0.0,
        },
    ),
    tokens=Tokens(scheme="fresh"),
    training=LanguageTraining(steps=2500, batch_size=16, learning_rate=1e-3, warmup_steps=100, schedule="cosine"),
    sweep=Sweep(
        axes=(
            Axis(
                name="student",
                points=(
                    Variant(name="label", set={"explanations.target": "answer"}),
                    Variant(name="rationale_then_label", set={"explanations.target": "rationale"}),
                    Variant(name="multitask", set={"explanations.target": "multitask"}),
                ),
            ),
            Axis(
                name="budget",
                points=(
                    Variant(name="steps"),
                    Variant(name="tokens", set={"training.tokens": 1_400_000}, smoke={"training.tokens": 1000}),
                ),
            ),
        ),
        seeds=3,
        baseline={"student": "label"},
    ),
    smoke={
        "model.config": {},
        "data.limit": 2000,
        "data.test_limit": 16,
        "training.steps": 4,
        "training.batch_size": 8,
        "evaluation.max_new_tokens": 24,
        "inspection.limit": 8,
        "inspection.probe_limit": 16,
    },
)
