"""Teachers, made once."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from teachers import make_teacher, sigmoid_teacher


@pytest.fixture(scope="session")
def teacher():
    """A teacher of a kind, with random weights."""
    made = {}

    def of(kind: str, weights: bool = False):
        if (kind, weights) not in made:
            made[kind, weights] = make_teacher(kind, weights=weights)
        return made[kind, weights]

    return of


@pytest.fixture
def sigmoid():
    """A teacher whose answers are known in closed form."""
    return sigmoid_teacher()
