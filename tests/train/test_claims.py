"""What the documentation claims of the experiments, each at a size that a test can afford."""

from __future__ import annotations

import pytest

from synthkit.train import load_experiment
from synthkit.train.load import resolved
from synthkit.train.training import train

TONES = ["training.steps=1200", "training.checkpoint_every=1200", "evaluation.traversals=0"]


@pytest.mark.parametrize("variant", ["corrected", "frame_max"])
def test_the_amplitude_is_in_the_codes_unless_the_input_has_lost_it(variant, tmp_path):
    """Linear probes on held-out tones: frequency in both, the amplitude in the corrected one only."""
    plan = resolved(load_experiment("syntone_amplitude"), variant=variant, sets=TONES)
    probes = train(plan, tmp_path / "run", device="cpu").evaluation["probes"]
    assert probes["frequency"]["log_r2"] > 0.9
    if variant == "corrected":
        assert probes["amplitude"]["r2"] > 0.8
    else:
        assert abs(probes["amplitude"]["r2"]) < 0.1


SPEECH = [
    "features.bands=20",
    "features.hop=960",
    "model.projector=[128,128]",
    "training.steps=120",
    "training.warmup_steps=10",
    'views.waveform=[{"name":"gain"},{"name":"noise","probability":0.8},{"name":"time_shift","share":0.1}]',
    "evaluation.downstream.factors=[]",
    "evaluation.metrics=mig",
]
MARGIN = 0.05  # of 160 held-out clips and 20 speakers; chance is 0.05


def test_barlow_twins_beats_a_random_encoder_on_speakers(tmp_path):
    accuracy = {}
    for variant, more in (("barlow_twins", []), ("random", ["training.steps=12", "training.warmup_steps=0"])):
        plan = resolved(load_experiment("barlow_synspeech"), variant=variant, sets=[*SPEECH, *more])
        found = train(plan, tmp_path / variant, features=tmp_path / "features", device="cpu")
        accuracy[variant] = found.evaluation["probes"]["speaker"]["accuracy"]
    assert accuracy["barlow_twins"] > accuracy["random"] + MARGIN, accuracy
