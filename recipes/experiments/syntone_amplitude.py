"""Is the amplitude in the codes? A VAE on log-mel spectra that keep it, and on spectra that have lost it.

Tones are stationary, so three frames say all: the onset, the middle and the end. Both variants have the same network,
data and training; `corrected` has decibels with one mean and scale for all, `frame_max` the published input, in which
each frame is divided by its largest band. What counts are the linear probes: of the logarithm of the frequency and of
the amplitude, on held-out clips.
"""

from synthkit.train import Experiment
from synthkit.train.experiment import DataChoice, Evaluation, Features, Training, Variant

experiment = Experiment(
    name="syntone_amplitude",
    description=__doc__,
    data=DataChoice(recipe="syntone", limit=8000, test_limit=2000),
    features=Features(kind="log_mel", bands=20, window=256, hop=8000, floor=-50.0),
    model={"name": "vae", "latent": 32, "noise": 0.3},
    training=Training(steps=2500, batch_size=64, learning_rate=1e-3, checkpoint_every=500),
    evaluation=Evaluation(factors=("waveform", "amplitude", "frequency"), metrics="mig,modularity,dcimig"),
    variants=(
        Variant(name="corrected"),
        Variant(
            name="frame_max",
            set={
                "features.kind": "mel",
                "features.mel_scale": "slaney",
                "features.normalization": "frame_max",
                "evaluation.allow_lost": ["amplitude"],
                "model.noise": 0.05,
            },
        ),
    ),
    smoke={"data.limit": 1000, "data.test_limit": 400, "training.steps": 20, "training.checkpoint_every": 20},
)
