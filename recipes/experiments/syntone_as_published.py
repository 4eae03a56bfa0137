"""SynTone's published protocol against the corrected one, its defects switched on one by one.

Every variant but the first has one defect of the released programs, the last has all of them that a VAE can have; two
more compare FactorVAE with and without its own. Each is a named option, so that the effect of each on each metric is a
column of the benchmark's table. `resampled_std` is what the paper gives after +-: the spread over ten draws of codes
from one trained model, which says nothing of the spread over trainings.
"""

from synthkit.train import Experiment
from synthkit.train.experiment import DataChoice, Evaluation, Features, Training, Variant

FRAME_MAX = {
    "features.kind": "mel",
    "features.mel_scale": "slaney",
    "features.normalization": "frame_max",
    "evaluation.allow_lost": ["amplitude"],
}
KL = {"model.penalty_over_batch": True}
SAMPLED = {"evaluation.sampled_codes": True}
SWAPPED = {"evaluation.swapped_arguments": True}
# The paper's clips in one split and in grid order; here they are dealt out as all others are.
DATA = {
    "data.recipe": "syntone_paper",
    "data.set": {"splits": {"train": 0.8, "validation": 0.1, "test": 0.1}, "design.shuffle": True},
}
FACTOR_VAE = {
    "model.name": "factor_vae",
    "model.gamma": 6.0,
    "model.units": 256,
    "model.discriminator": {"learning_rate": 5e-5, "betas": [0.5, 0.9]},
    "training.batch_size": 128,
}
SMALL_DISCRIMINATOR = {"model.units": 64, "training.batch_size": 64}

experiment = Experiment(
    name="syntone_as_published",
    description=__doc__,
    data=DataChoice(recipe="syntone"),
    features=Features(kind="log_mel", bands=128, window=2048, hop=512, normalization="global"),
    model={"name": "vae", "latent": 8},
    training=Training(steps=8000, batch_size=64, learning_rate=1e-3),
    evaluation=Evaluation(
        convention="ubisoft",
        metrics="mig,sap,dcimig,jemmig,modularity",
        factors=("waveform", "amplitude", "frequency"),
        resamples=10,
        traversals=0,
    ),
    variants=(
        Variant(name="corrected"),
        Variant(name="swapped_arguments", set=SWAPPED),
        Variant(name="frame_max", set=FRAME_MAX),
        Variant(name="kl_over_batch", set=KL),
        Variant(name="sampled_codes", set=SAMPLED),
        Variant(name="published_data", set=DATA),
        Variant(name="as_published", set=FRAME_MAX | KL | SAMPLED | SWAPPED | DATA),
        Variant(name="factor_vae", set=FACTOR_VAE, smoke=SMALL_DISCRIMINATOR),
        Variant(
            name="factor_vae_undetached",
            set=FACTOR_VAE | {"model.discriminator_reaches_encoder": True},
            smoke=SMALL_DISCRIMINATOR,
        ),
    ),
    smoke={
        "data.limit": 1200,
        "data.test_limit": 400,
        "features.bands": 32,
        "features.hop": 2048,
        "training.steps": 20,
        "training.checkpoint_every": 20,
        "evaluation.resamples": 2,
    },
)
