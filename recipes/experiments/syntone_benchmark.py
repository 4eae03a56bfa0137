"""SynTone, the paper's comparison with its defects mended: VAE, beta-VAE, FactorVAE and beta-TCVAE, latent 8.

The network and the settings of the SynTone paper (three convolutions 16-32-64, dense layers 128-64, Adam 1e-3, batches
of 64, 20 passes over 25,600 clips; twice the batch and twice the passes for FactorVAE). Corrected are the input
(log-mel spectra with one mean and scale for all, which keeps the amplitude), the weight of the KL divergence (both
terms of the loss are averages over the batch), the codes (posterior means of held-out clips), the metrics' arguments,
and the discriminator of FactorVAE, whose loss does not reach the encoder. What stands behind +- is the spread over
trainings.
"""

from synthkit.train import Experiment
from synthkit.train.experiment import DataChoice, Evaluation, Features, Training, Variant

experiment = Experiment(
    name="syntone_benchmark",
    description=__doc__,
    data=DataChoice(recipe="syntone"),
    features=Features(kind="log_mel", bands=128, window=2048, hop=512, normalization="global"),
    model={"name": "vae", "latent": 8},
    training=Training(steps=8000, batch_size=64, learning_rate=1e-3),
    evaluation=Evaluation(factors=("waveform", "amplitude", "frequency")),
    variants=(
        Variant(name="vae", set={"model.name": "vae"}),
        Variant(name="beta_vae", set={"model.name": "beta_vae", "model.beta": 4.0}),
        Variant(
            name="factor_vae",
            set={
                "model.name": "factor_vae",
                "model.gamma": 6.0,
                "model.units": 256,
                "model.discriminator": {"learning_rate": 5e-5, "betas": [0.5, 0.9]},
                "training.batch_size": 128,
            },
            smoke={"model.units": 64, "training.batch_size": 64},
        ),
        Variant(name="beta_tcvae", set={"model.name": "beta_tcvae", "model.beta": 4.0}),
    ),
    smoke={
        "data.limit": 1600,
        "data.test_limit": 400,
        "features.bands": 32,
        "features.hop": 2048,
        "training.steps": 150,
        "training.checkpoint_every": 75,
    },
)
