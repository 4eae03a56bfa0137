"""Small experiments on tones that are made on the fly."""

from __future__ import annotations

import json

import pytest

from synthkit.recipe import Recipe
from synthkit.run import build
from synthkit.train import Experiment
from synthkit.train.load import resolved

RECIPE = {
    "name": "few_tones",
    "generator": "tone",
    "params": {"sample_rate": 8000, "duration": 0.25},
    "factors": [
        {"type": "categorical", "name": "waveform", "values": ["sine", "square"]},
        {"type": "linspace", "name": "amplitude", "start": 0.1, "stop": 0.7, "num": 6},
        {"type": "linspace", "name": "frequency", "start": 300.0, "stop": 1000.0, "num": 20},
    ],
    "splits": {"train": 0.6, "validation": 0.2, "test": 0.2},
}

SMALL = {
    "name": "small",
    "features": {"kind": "log_mel", "bands": 12, "window": 256, "hop": 256},
    "model": {"name": "vae", "latent": 4, "channels": [4, 4], "hidden": [8]},
    "training": {"steps": 12, "batch_size": 16, "checkpoint_every": 4, "log_every": 2},
    "evaluation": {"traversals": 0, "metrics": "mig,modularity,dcimig"},
}


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "few_tones.json"
    path.write_text(json.dumps(RECIPE))
    return path


@pytest.fixture(scope="session")
def tones(tmp_path_factory):
    """A dataset directory of 240 short tones."""
    out = tmp_path_factory.mktemp("tones") / "data"
    build(Recipe.model_validate_json(json.dumps(RECIPE)), out, workers=1)
    return out


@pytest.fixture
def experiment(recipe_file):
    """Makes a small experiment, with changes."""

    def make(*sets, **changes):
        data = {**SMALL, "data": {"recipe": str(recipe_file)}, **changes}
        return resolved(Experiment.model_validate_json(json.dumps(data)), sets=sets)

    return make
