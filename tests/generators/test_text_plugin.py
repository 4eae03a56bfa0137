"""A task of somebody else's package, found by its entry point: what docs/generators.md promises."""

import json
import os
import sys

import pytest

import synthkit as package

MODULE = '''
"""Say a word backwards."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from synthkit.generators.base import FactorSpec
from synthkit.generators.text import exact_match, measured_names, with_measured
from synthkit.recipe.base import Record
from synthkit.records import Strings, TextBatch, TextLayout, Verdict
from synthkit.seeds import attempt_words, derive_key, split_word


class BackwardsParams(Record):
    letters: int = Field(default=4, ge=1, le=26)
    length: int = Field(default=3, ge=1, le=100)


class Backwards:
    name: ClassVar[str] = "backwards"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Literal["attempts"]] = "attempts"
    notes = ()
    Params: ClassVar[type[Record]] = BackwardsParams
    factors: ClassVar = {"length": FactorSpec("1", "Letters in the word", low=1, high=100, whole=True)}
    measured = (measured_names("last", "The last letter", "abcdefghijklmnopqrstuvwxyz"),)

    def __init__(self, recipe, params):
        self._params = params
        self._key = derive_key(recipe.seed, recipe.name, "letters")

    @classmethod
    def bind(cls, recipe, params):
        return cls(recipe, params)

    @property
    def layout(self):
        return TextLayout(rationale=False, labels=None, bytes_per_example=20)

    def problems(self):
        return []

    def pools(self):
        return {}

    def make(self, rows):
        words = attempt_words(self._key, split_word(rows.split), rows.index, rows.attempt, 100) % self._params.letters
        lengths = rows.values.get("length", np.full(len(rows), self._params.length))
        texts = ["".join(chr(97 + w) for w in row[:n]) for row, n in zip(words.tolist(), lengths.tolist())]
        last = np.array([ord(text[-1]) - 97 for text in texts])
        rows = with_measured(rows, self.measured, {"last": last})
        return TextBatch(rows, self.layout, Strings.of(texts), Strings.of([text[::-1] for text in texts]))

    def score(self, prediction, example):
        return exact_match(prediction, example)

    def explain(self, example):
        return None

    def check(self, explanation, example):
        return Verdict(ok=False, reason="this task has no explanations")
'''

RECIPE = {
    "name": "words",
    "generator": "backwards",
    "params": {"letters": 3},
    "factors": [{"type": "integers", "name": "length", "low": 3, "high": 6, "step": 3}],
    "design": {"kind": "grid", "repeats": 20},
    "splits": {"train": 30, "test": 10},
    "output": {"shard_size": 7},
}


@pytest.fixture
def plugin(tmp_path, install):
    """The environment of a process in which the package is installed."""
    (tmp_path / "r.json").write_text(json.dumps(RECIPE))
    return install("backwards", MODULE, "synthkit.generators", "backwards:Backwards")


@pytest.fixture
def here(plugin, command, monkeypatch):
    """Runs the command line in this process, in which the package is installed for as long as the test lasts."""
    monkeypatch.syspath_prepend(plugin["PYTHONPATH"].partition(os.pathsep)[0])
    yield command
    sys.modules.pop("backwards", None)


def test_it_makes_one_dataset_for_any_number_of_workers(synthkit, plugin, tmp_path):
    prints = {
        synthkit("generate", "./r.json", "--out", f"d{workers}", "--workers", workers, env=plugin).stdout[-72:]
        for workers in (1, 2)
    }
    assert len(prints) == 1
    assert "10 examples made again" in synthkit("verify", "d2", "--regenerate", 10, env=plugin).stdout
    # Reading needs the package no more.
    data = package.load(tmp_path / "d1")
    assert [example.target for example in data] == [example.input[::-1] for example in data]
    assert len({example.input for example in data}) == len(data) == 40
    assert sorted(len(example.input) for example in data) == [3] * 20 + [6] * 20
    assert [example.factors["last"] for example in data] == [example.input[-1] for example in data]


def test_its_examples_are_shown(here):
    plan = here("plan", "./r.json").stdout
    assert "words: 40 examples, about 800 B of text" in plan
    here("generate", "./r.json", "--out", "d")
    shown = here("show", "d").stdout
    assert "train-00000000" in shown
    assert "  input" in shown


def test_more_than_there_are(here, tmp_path):
    """Three letters and three places: 27 words, of which a part belongs to the split."""
    changes = ["--set", "factors.length.high=3", "--set", "design.repeats=60", "--set", 'splits={"train": 1.0}']
    done = here("generate", "./r.json", "--out", "d", *changes, check=False)
    assert done.returncode == 2
    assert "splits.train: an example found nothing new in" in done.stderr
    assert "after 27 different inputs" in done.stderr
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("format", ["parquet", "jsonl", "tsv", "webdataset"])
def test_formats_have_one_fingerprint(here, format):
    done = here("generate", "./r.json", "--out", format, "--format", format)
    whole = here("generate", "./r.json", "--out", "p")
    assert done.stdout.splitlines()[-1] == whole.stdout.splitlines()[-1]
    assert "40 examples" in here("verify", format).stdout


def test_it_goes_on_where_it_was_with_the_same_attempts(here, tmp_path):
    here("generate", "./r.json", "--out", "whole")
    here("generate", "./r.json", "--out", "d")
    again = here("generate", "./r.json", "--out", "d").stdout
    assert "nothing to do" in again
    assert (tmp_path / "d/attempts.parquet").read_bytes() == (tmp_path / "whole/attempts.parquet").read_bytes()
    table = json.loads((tmp_path / "d/manifest.json").read_text())
    assert table["content"] == "text"
