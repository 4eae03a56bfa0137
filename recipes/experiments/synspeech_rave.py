"""RAVE on SynSpeech: which of speaker, gender, text and style are in its latents.

RAVE at a size that a small machine trains, in its two phases: first the autoencoder by spectral distance, then, with
the encoder frozen, the decoder against discriminators. Codes are latents averaged over time, in the directions that
keep 95 % of their variance.
"""

from synthkit.train import Experiment
from synthkit.train.experiment import DataChoice, Downstream, Evaluation, Features, Training

experiment = Experiment(
    name="synspeech_rave",
    description=__doc__,
    data=DataChoice(recipe="synspeech_small"),
    features=Features(kind="waveform", sample_rate=16000, normalization="none"),
    model={"name": "rave", "capacity": 16, "latent": 32, "beta_warmup": 1000, "phase_1_steps": 4000},
    training=Training(steps=6000, batch_size=8, learning_rate=1e-3, checkpoint_every=500),
    evaluation=Evaluation(
        factors=("speaker", "gender", "text", "style"),
        traversals=0,
        downstream=Downstream(factors=("speaker", "gender"), batch_size=16),
    ),
    smoke={
        "data.limit": 64,
        "data.test_limit": 64,
        "model.capacity": 4,
        "model.latent": 8,
        "model.dilations": [1, 3],
        "model.windows": [1024, 256, 64],
        "model.discriminator_capacity": 4,
        "model.beta_warmup": 4,
        "model.phase_1_steps": 6,
        "training.steps": 10,
        "training.checkpoint_every": 5,
        "evaluation.downstream.shares": [1.0],
        "evaluation.downstream.steps": 2,
        "evaluation.metrics": "mig,modularity,explicitness",
    },
)
