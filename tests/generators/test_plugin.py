"""A generator of somebody else's package, found by its entry point: what docs/generators.md promises."""

import json

import numpy as np
import pytest

import synthkit as package

MODULE = '''
"""Clicks at a steady rate, with jitter."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from synthkit.generators.base import FactorSpec
from synthkit.recipe.base import Record
from synthkit.records import AudioLayout
from synthkit.seeds import derive_key, split_word, uniforms


class ClickParams(Record):
    sample_rate: int = Field(default=8000, ge=1000)
    rate: float = Field(default=10.0, gt=0)


class Clicks:
    name: ClassVar[str] = "clicks"
    content: ClassVar[Literal["audio"]] = "audio"
    Params: ClassVar[type[Record]] = ClickParams
    factors: ClassVar = {"rate": FactorSpec("Hz", "Clicks per second", low=0, low_open=True)}

    def __init__(self, recipe, params):
        self._recipe = recipe
        self._params = params
        self._key = derive_key(recipe.seed, recipe.name, "start")

    @classmethod
    def bind(cls, recipe, params):
        return cls(recipe, params)

    @property
    def layout(self):
        return AudioLayout(800, self._params.sample_rate, "pcm16")

    def problems(self):
        highest = max(f.extremes[1] for f in self._recipe.factors)
        if highest <= self._params.sample_rate / 2:
            return []
        return [f"factors.rate: {highest:g} Hz is more than every other sample"]

    def render(self, rows, out):
        start = uniforms(self._key, split_word(rows.split), rows.index)[:, 0]
        for i, rate in enumerate(rows.values["rate"].tolist()):
            step = max(int(self._params.sample_rate / rate), 1)
            out[i] = 0
            out[i, int(start[i] * step) :: step] = 20000
'''

RECIPE = {
    "name": "clicking",
    "generator": "clicks",
    "factors": [{"type": "linspace", "name": "rate", "start": 20.0, "stop": 100.0, "num": 40}],
    "splits": {"train": 30, "test": 10},
    "output": {"shard_size": 7},
}


@pytest.fixture
def plugin(tmp_path, install):
    """The environment of a process in which the package is installed."""
    (tmp_path / "r.json").write_text(json.dumps(RECIPE))
    return install("clicks", MODULE, "synthkit.generators", "clicks:Clicks")


def test_it_is_listed(synthkit, plugin):
    listed = json.loads(synthkit("list", "generators", "--json", env=plugin).stdout)
    assert listed["clicks"] == "audio; factors: rate"
    assert "tone" in listed


def test_it_makes_one_dataset_for_any_number_of_workers(synthkit, plugin, tmp_path):
    prints = {
        synthkit("generate", "./r.json", "--out", f"d{workers}", "--workers", workers, env=plugin).stdout[-72:]
        for workers in (1, 2)
    }
    assert len(prints) == 1
    assert "10 examples made again" in synthkit("verify", "d2", "--regenerate", 10, env=plugin).stdout
    # Reading needs the package no more.
    data = package.load(tmp_path / "d1")
    for example in data:
        clicks = np.flatnonzero(example.audio)
        assert set(np.diff(clicks).tolist()) == {int(8000 / example.factors["rate"])}


def test_its_problems_are_told_with_their_path(synthkit, plugin):
    done = synthkit("plan", "./r.json", "--set", "factors.rate.stop=5000", env=plugin, check=False)
    assert (done.returncode, "factors.rate: 5000 Hz is more than every other sample" in done.stderr) == (2, True)
    done = synthkit("plan", "./r.json", "--set", "factors.rate.start=0", env=plugin, check=False)
    assert "factors.rate.start: must be > 0 Hz, not 0" in done.stderr
    done = synthkit("plan", "./r.json", "--set", "params.sample_rte=3", env=plugin, check=False)
    assert "params.sample_rte: unknown field; did you mean 'sample_rate'?" in done.stderr


def test_without_the_package_the_generator_is_unknown(synthkit, plugin):
    done = synthkit("plan", "./r.json", check=False)
    assert (done.returncode, "no generator is named 'clicks'" in done.stderr) == (2, True)
