"""Which term of Barlow Twins does what: both, invariance alone, redundancy alone, with and without normalised latents.

The setting of `barlow_synspeech`. Invariance alone lets every embedding collapse to one direction; redundancy alone
asks nothing of the two views.
"""

from synthkit.train import Experiment
from synthkit.train.experiment import DataChoice, Evaluation, Features, Training, Variant, Views

experiment = Experiment(
    name="barlow_ablation",
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
    evaluation=Evaluation(factors=("speaker", "gender", "text", "style"), traversals=0),
    variants=(
        Variant(name="both"),
        Variant(name="invariance", set={"model.terms": "invariance"}),
        Variant(name="redundancy", set={"model.terms": "redundancy"}),
        Variant(name="both_modified", set={"model.normalize_latents": True}),
        Variant(name="invariance_modified", set={"model.terms": "invariance", "model.normalize_latents": True}),
        Variant(name="random", set={"training.learning_rate": 1e-12}),
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
        "evaluation.metrics": "mig,modularity,explicitness",
    },
)
