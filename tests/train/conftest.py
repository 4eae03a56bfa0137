"""Small experiments on tones that are made on the fly."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from synthkit.train import Experiment
from synthkit.train.load import resolved

sys.path.insert(0, str(Path(__file__).parent))  # for cut_short

SMALL = {
    "name": "small",
    "features": {"kind": "log_mel", "bands": 12, "window": 256, "hop": 256},
    "model": {"name": "vae", "latent": 4, "channels": [4, 4], "hidden": [8]},
    "training": {"steps": 12, "batch_size": 16, "checkpoint_every": 4, "log_every": 2},
    "evaluation": {"traversals": 0, "metrics": "mig,modularity,dcimig"},
}


@pytest.fixture
def experiment(recipe_file):
    """Makes a small experiment, with changes."""

    def make(*sets, **changes):
        data = {**SMALL, "data": {"recipe": str(recipe_file)}, **changes}
        return resolved(Experiment.model_validate_json(json.dumps(data)), sets=sets)

    return make
