"""Barlow Twins on SynSpeech, against an encoder that learned nothing: speaker, gender and text with few labels.

Both views of a clip are the same utterance in another room, with noise, a little earlier or later, and with parts of
the spectrum hidden: nothing that changes who speaks or what is said. `modified` scales the embeddings to length 1;
`same_speaker` pairs each clip with another of the same speaker and gender; `random` is the encoder as it was drawn.
"""

from synthkit.train import Experiment
from synthkit.train.experiment import DataChoice, Downstream, Evaluation, Features, Training, Variant, Views

experiment = Experiment(
    name="barlow_synspeech",
    description=__doc__,
    data=DataChoice(recipe="synspeech_small"),
    features=Features(kind="log_mel", sample_rate=16000, bands=40, window=512, hop=320, floor=-80.0),
    model={"name": "barlow_twins", "encoder": "resnet18", "width": 8, "projector": [256, 256, 256]},
    views=Views(
        keep=("speaker", "gender", "text", "style"),
        waveform=(
            {"name": "gain", "decibels": [-6.0, 6.0]},
            {"name": "reverb", "probability": 0.5},
            {"name": "noise", "snr": [10.0, 40.0], "probability": 0.8},
            {"name": "time_shift", "share": 0.1},
        ),
        mel=({"name": "frequency_mask", "share": 0.15}, {"name": "time_mask", "share": 0.15}),
    ),
    training=Training(steps=1000, batch_size=64, learning_rate=1e-3, schedule="cosine", warmup_steps=50),
    evaluation=Evaluation(
        factors=("speaker", "gender", "text", "style"),
        traversals=0,
        downstream=Downstream(factors=("speaker", "gender", "text")),
    ),
    variants=(
        Variant(name="barlow_twins"),
        Variant(name="modified", set={"model.normalize_latents": True}),
        Variant(name="same_speaker", set={"views.share": ["speaker", "gender"], "views.keep": ["speaker", "gender"]}),
        # A step size that changes nothing: the batch statistics alone are fitted.
        Variant(name="random", set={"training.learning_rate": 1e-12}, smoke={"training.warmup_steps": 0}),
    ),
    smoke={
        "data.limit": 320,
        "data.test_limit": 80,
        "features.bands": 20,
        "features.hop": 640,
        "model.width": 2,
        "model.projector": [16, 16],
        "training.steps": 4,
        "training.batch_size": 16,
        "training.warmup_steps": 2,
        "evaluation.downstream.shares": [0.5],
        "evaluation.downstream.steps": 2,
        "evaluation.downstream.batch_size": 16,
        "evaluation.metrics": "mig,modularity,explicitness",
    },
)
