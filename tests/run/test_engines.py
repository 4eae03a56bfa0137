"""Builds by an engine that can fail, found by its entry point: what is told, what stays, what is made again."""

import json
import sys

import pytest

import synthkit as package
from synthkit.run.tasks import forget_prepared

MODULE = '''
"""A speech engine of beeps: what fails, and as which version it runs, stands in a file."""

import json
import os
from typing import ClassVar

import numpy as np
from pydantic import Field

from synthkit.errors import UtteranceError, WorkError
from synthkit.recipe.base import Record
from synthkit.records import EngineInfo
from synthkit.speech.base import Utterance, Voice


class BeepOptions(Record):
    rate: int = Field(default=16000, ge=8000)


class Beeps:
    name: ClassVar[str] = "beeps"
    Options: ClassVar = BeepOptions
    voice_attributes: ClassVar = {"pitch": ("Hz", "Pitch of the beep")}
    styles = ("neutral", "loud")
    genders = ()
    num_voices = 4
    ready = True

    def __init__(self, options):
        self._options = options
        with open(os.environ["BEEPS"]) as file:
            self._mood = json.load(file)

    @classmethod
    def open(cls, options, key):
        return cls(options)

    @property
    def info(self):
        return EngineInfo("beeps", self._mood.get("version", "1"), "none", "sha256:" + 64 * "0", "MIT", "bits")

    def voice(self, speaker, gender):
        return Voice(f"beep{speaker}", speaker, gender, {"pitch": 200.0 + 50 * speaker})

    def voices(self):
        return [self.voice(i, "") for i in range(4)]

    def refused(self, text):
        return "beeps cannot be zero" if text == "zero" else None

    def synthesize(self, text, voice, style):
        if text in self._mood.get("broken", []):
            raise WorkError("beeps: out of order")
        if text in self._mood.get("failing", []):
            raise UtteranceError(f"beeps: stumbled over {text!r}")
        time = np.arange(4000 + 100 * len(text)) / self._options.rate
        audio = 0.4 * np.sin(2 * np.pi * voice.attributes["pitch"] * time)
        end = len(time) / self._options.rate
        audio = audio.astype(np.float32)
        return Utterance(audio, self._options.rate, ("b", "i:p"), (0.0, end / 2), (end / 2, end))

    def synthesize_many(self, asked):
        results = []
        for request in asked:
            try:
                results.append(self.synthesize(*request))
            except UtteranceError as error:
                results.append(error)
        return results
'''

RECIPE = {
    "name": "beeping",
    "generator": "speech",
    "params": {"engine": "beeps", "texts": {"source": "digits"}, "audio": {"duration": 0.5}},
    "factors": [
        {"type": "integers", "name": "speaker", "low": 0, "high": 3},
        {"type": "integers", "name": "text", "low": 0, "high": 9},
        {"type": "categorical", "name": "style", "values": ["neutral", "loud"]},
    ],
    "splits": {"train": 60, "test": 20},
    "output": {"shard_size": 10},
}


@pytest.fixture
def installed(tmp_path, install):
    """The engine as a package in a folder, and a recipe; gives what the environment of a process needs for it."""
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    return {**install("beeps", MODULE, "synthkit.engines", "beeps:Beeps"), "BEEPS": str(tmp_path / "mood.json")}


def in_a_mood(run, folder, environment):
    """Runs the command with the engine in a mood: (arguments, mood) -> what it said."""

    def synthkit(*arguments, **mood):
        (folder / "mood.json").write_text(json.dumps(mood))
        return run(*arguments, check=False, env=environment)

    return synthkit


@pytest.fixture
def apart(synthkit, installed, tmp_path):
    """In a process of its own, and in those that it starts."""
    return in_a_mood(synthkit, tmp_path, installed)


@pytest.fixture
def engine(command, installed, tmp_path, monkeypatch):
    """In this process, by one worker."""
    monkeypatch.syspath_prepend(tmp_path / "site")
    run = in_a_mood(command, tmp_path, installed)

    def in_process(*arguments, **mood):
        forget_prepared()  # the engine of the last run, and its mood
        return run(*arguments, *one_worker(arguments), **mood)

    yield in_process
    forget_prepared()
    sys.modules.pop("beeps", None)


def one_worker(arguments):
    return ("--workers", "1") if arguments[0] == "generate" and "--workers" not in arguments else ()


def fingerprint(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_an_engine_of_another_package(apart, engine, tmp_path):
    first = fingerprint(engine("generate", "recipe.json", "--out", "one", "--workers", 1))
    assert fingerprint(apart("generate", "recipe.json", "--out", "two", "--workers", 2)) == first
    assert engine("verify", "one", "--regenerate", 5).returncode == 0
    manifest = json.loads((tmp_path / "one/manifest.json").read_bytes())
    assert manifest["engine"]["name"] == "beeps"
    assert manifest["reproducible"] == "bits"
    assert "beeps 1" in (tmp_path / "one/README.md").read_text()
    data = package.load(tmp_path / "one")
    example = data[0]
    assert example.annotations["pitch"] == 200 + 50 * example.factors["speaker"]
    assert example.annotations["phonemes"] == ["b", "i:p"]
    assert example.annotations["phoneme_starts"][0] == 0
    assert example.annotations["duration"] == pytest.approx(0.25 + len(example.annotations["transcript"]) / 160)
    assert example.audio.shape == (8000,)


@pytest.mark.parametrize("workers", [1, 2])
def test_all_that_fails_is_named_and_the_rest_stays(apart, engine, tmp_path, workers):
    generate = ("generate", "recipe.json", "--out", "d", "--workers", workers)
    done = apart(*generate, failing=["three", "seven"])
    assert done.returncode == 1
    assert "fingerprint" not in done.stdout
    assert "16 example(s) could not be made" in done.stderr
    assert done.stderr.count("stumbled over 'three'") == 8
    assert done.stderr.count("stumbled over 'seven'") == 8
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "d/SHA256SUMS").exists()
    assert "is not finished" in engine("verify", "d").stderr
    whole = apart(*generate)
    assert fingerprint(whole) == fingerprint(engine("generate", "recipe.json", "--out", "e"))
    assert not (tmp_path / "d/.synthkit").exists()


def test_many_failures_are_in_a_file(engine, tmp_path):
    done = engine("generate", "recipe.json", "--out", "d", failing=["one", "two", "three"])
    assert "and 4 more" in done.stderr
    listed = (tmp_path / "d/.synthkit/failures.txt").read_text().splitlines()
    assert len(listed) == 24
    assert listed == sorted(listed)


@pytest.mark.parametrize("workers", [1, 2])
def test_stop_at_the_first(apart, workers):
    done = apart("generate", "recipe.json", "--out", "d", "--workers", workers, "--on-error", "stop", failing=["three"])
    assert done.returncode == 1
    assert "stopped at the first failure" in done.stderr
    assert "stumbled over 'three'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", ["continue", "stop"])
def test_an_engine_that_is_out_of_order_stops_the_build(engine, how):
    done = engine("generate", "recipe.json", "--out", "d", "--on-error", how, broken=["three"])
    assert done.returncode == 1
    assert "beeps: out of order" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_version_does_not_go_on_with_what_one_began(engine):
    generate = ("generate", "recipe.json", "--out", "d")
    assert engine(*generate, failing=["three"]).returncode == 1
    done = engine(*generate, version="2")
    assert done.returncode == 2
    assert "was begun with another engine (version 1, here 2)" in done.stderr
    anew = fingerprint(engine(*generate, "--overwrite", version="2"))
    assert anew == fingerprint(engine("generate", "recipe.json", "--out", "e"))


def test_another_version_makes_nothing_again(engine):
    assert engine("generate", "recipe.json", "--out", "d").returncode == 0
    assert engine("verify", "d", version="2").returncode == 0
    done = engine("verify", "d", "--regenerate", 3, version="2")
    assert done.returncode == 1
    assert "made with another engine" in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("params.engine=beep", "params.engine: no speech engine is named 'beep'; did you mean 'beeps'?"),
        ("params.options.rate=100", "params.options.rate: must be >= 8000"),
        ("params.options.tempo=1", "params.options.tempo"),
        ("factors.speaker.high=4", "factors.speaker.high: must be < 4"),
        ("factors.text.high=10", "factors.text.high: must be < 10"),
        ('factors.style.values=["neutral","whisper"]', "beeps has no style 'whisper'; it has: neutral, loud"),
        ("params.gender=male", "params.gender: the voices of beeps are what they are"),
        ("params.intensity=3", "params.intensity"),
        ("params.audio.duration=0", "params.audio.duration"),
    ],
)
def test_bad_recipes(engine, tmp_path, change, said):
    done = engine("generate", "recipe.json", "--out", "d", "--set", change)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "d").exists()


def test_texts_that_the_engine_cannot_say(engine, tmp_path):
    (tmp_path / "texts.txt").write_text("one\nzero\n")
    texts = json.dumps({"source": "file", "path": str(tmp_path / "texts.txt")})
    done = engine(
        "generate", "recipe.json", "--out", "d", "--set", f"params.texts={texts}", "--set", "factors.text.high=1"
    )
    assert done.returncode == 2, done.stderr
    assert "text 1 ('zero'): beeps cannot be zero" in done.stderr


def test_on_error_takes_two_words(engine):
    done = engine("generate", "recipe.json", "--out", "d", "--on-error", "skip")
    assert done.returncode == 2
    assert "--on-error: must be continue or stop" in done.stderr
