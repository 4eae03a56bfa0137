"""Small text datasets, and experiments that train a tiny model on them in a second."""

import pytest

from synthkit.recipe.load import load_recipe
from synthkit.run import build
from synthkit.train.load import from_data


@pytest.fixture(scope="session")
def lists(tmp_path_factory):
    """Short ListOps, all explained: 300 / 40 / 40 examples."""
    out = tmp_path_factory.mktemp("lists") / "data"
    sets = [
        ("params.explained", 1.0),
        ("params.explained_splits", None),
        ("params.min_tokens", 5),
        ("params.max_tokens", 15),
        ("params.max_args", 4),
        ("splits", {"train": 300, "validation": 40, "test": 40}),
        ("design.size", 380),
    ]
    build(load_recipe("listops_explained", sets), out, workers=1)
    return out


@pytest.fixture(scope="session")
def boards(tmp_path_factory):
    """Tic-Tac-Toe positions: 320 / 40 / 40 examples."""
    out = tmp_path_factory.mktemp("boards") / "data"
    build(load_recipe("tictactoe", [("design.limit", 400)]), out, workers=1)
    return out


@pytest.fixture
def plan():
    """Makes an experiment: changes as dotted paths with double underscores."""

    def make(**changes):
        data = {
            "kind": "language",
            "name": "small",
            "model": {"path": "tiny:bert"},
            "training": {"steps": 4, "batch_size": 8, "learning_rate": 0.01, "checkpoint_every": 2, "log_every": 1},
        }
        for path, value in changes.items():
            here = data
            *parents, last = path.split("__")
            for step in parents:
                here = here.setdefault(step, {})
            here[last] = value
        return from_data(data, "test")

    return make


@pytest.fixture(autouse=True)
def _unpainted(request):
    """Painting its pictures takes most of the time of a training as small as these."""
    if "painted_once" not in request.fixturenames:
        request.getfixturevalue("unpainted")
