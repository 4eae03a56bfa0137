"""Whole speech datasets by the real espeak-ng: one fingerprint, kills, and an espeak-ng that is ill."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import synthkit as package
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify

REAL = shutil.which("espeak-ng")
SMALL = ("synspeech_small", "--limit", "48", "--shard-size", "8")
LIMITED = (("design.limit", 48), ("output.shard_size", 8))


def run(*arguments, path=None, **environment):
    """The command, with a folder in front of PATH or PATH itself replaced."""
    env = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    if path is not None:
        env["PATH"] = str(path)
    command = [sys.executable, "-m", "synthkit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=env)


def fingerprint(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def built(out, name="synspeech_small", sets=LIMITED, workers=1):
    """In this process; the fingerprint as the command prints it."""
    return f"fingerprint {build(load_recipe(name, sets), out, workers=workers).fingerprint}"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small dataset by one worker, and its fingerprint."""
    root = tmp_path_factory.mktemp("speech") / "d"
    return root, built(root)


def test_one_fingerprint_for_one_and_two_workers(made, tmp_path):
    assert built(tmp_path / "d", workers=2) == made[1]


def test_the_whole_small_set_has_its_fingerprint_and_all_its_factors(golden, command, tmp_path):
    """In this process; `test_recorded_fingerprints` makes those of the others by two workers."""
    whole = built(tmp_path / "d", sets=())
    assert whole == f"fingerprint {golden('fingerprints.json')['synspeech_small']['fingerprint']}"
    audit = json.loads(command("audit", "d", "--json").stdout)
    assert audit["problems"] == audit["warnings"] == []
    scores = {probe["factor"]: probe["score"] for probe in audit["probes"]}
    assert scores["speaker"] > 0.4
    assert min(scores[name] for name in ("gender", "text", "style")) > 0.95
    assert all(pair["cramers_v"] == 0 for pair in audit["dependences"])
    card = (tmp_path / "d/README.md").read_text()
    for probe in audit["probes"]:
        assert f"| {probe['factor']} | accuracy | " in card
        assert f" | {probe['chance']:.3f} | 300 | recovered |" in card


@pytest.mark.parametrize(
    "more",
    [("output.format", "flac"), ("output.shard_size", 48), ("output.format", "wav"), ("output.format", "webdataset")],
)
def test_nor_does_it_depend_on_the_container(made, tmp_path, more):
    assert built(tmp_path / "d", sets=(*LIMITED, more)) == made[1]
    report = verify(tmp_path / "d", regenerate=5)
    assert report.ok, report.problems


def test_what_stands_beside_a_clip(made):
    data = package.load(made[0])
    for example in list(data)[::5]:
        notes = example.annotations
        starts, ends = np.array(notes["phoneme_starts"]), np.array(notes["phoneme_ends"])
        assert len(notes["phonemes"]) == len(starts) == len(ends) > 5
        assert (starts < ends).all()
        assert (ends[:-1] <= starts[1:] + 1e-9).all()
        assert starts[0] >= 0
        assert ends[-1] <= notes["duration"] + 1e-6
        assert notes["num_words"] == len(notes["transcript"].split()) == 5
        assert example.audio.shape == (40000,)
        assert 0.02 < np.abs(example.audio).max() < 1
        spoken = example.audio[: int(notes["duration"] * 16000)]
        assert np.abs(example.audio[len(spoken) :]).max(initial=0) == 0
        middle = example.audio[int(starts[0] * 16000) : int(ends[-1] * 16000)]
        assert np.square(middle).sum() > 0.98 * np.square(example.audio).sum()


def test_it_verifies_and_names_its_engine(made, command):
    assert "5 examples made again" in command("verify", made[0], "--regenerate", 5).stdout
    manifest = json.loads((made[0] / "manifest.json").read_bytes())
    assert manifest["engine"]["name"] == "espeak-ng"
    assert manifest["reproducible"] == "engine"
    assert manifest["engine"]["model_hash"].startswith("sha256:")
    card = (made[0] / "README.md").read_text()
    assert "espeak-ng" in card
    assert "## Factor audit" in card


@pytest.mark.parametrize("shards", [0, 1, 3])
def test_killed_and_resumed(made, tmp_path, shards):
    """With all that it started, as a node that goes down, as soon as so many shards are there."""
    out = tmp_path / "d"
    command = [sys.executable, "-m", "synthkit", "generate", *SMALL, "--out", str(out), "--workers", "2"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    deadline = time.monotonic() + 120
    while process.poll() is None and not is_so_far(out, shards):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(120)
    assert built(out) == made[1]


def is_so_far(out, shards):
    found = out / ".synthkit" / "shards"
    return found.is_dir() and len(list(found.glob("*.json"))) >= shards


def test_no_program_is_left_behind(tmp_path):
    """A killed build leaves neither a process nor a folder of voices."""
    before = set((tmp_path / "tmp").iterdir()) if (tmp_path / "tmp").exists() else set()
    (tmp_path / "tmp").mkdir()
    few = ("synspeech_small", "--limit", "16", "--shard-size", "4", "--workers", 2)
    done = run("generate", *few, "--out", tmp_path / "d", TMPDIR=tmp_path / "tmp")
    fingerprint(done)
    assert set((tmp_path / "tmp").iterdir()) == before


def test_a_missing_program_is_named(tmp_path):
    done = run("generate", *SMALL, "--out", tmp_path / "d", path=tmp_path)
    assert done.returncode == 1
    assert "espeak-ng" in done.stderr
    assert "apt-get install espeak-ng" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "d").exists()


def test_a_program_that_never_answers(tmp_path, fake_espeak):
    path = fake_espeak("exec sleep 600\n")
    started = time.perf_counter()
    done = run("generate", *SMALL, "--out", tmp_path / "d", path=path, SYNTHKIT_SPEECH_TIMEOUT=1)
    assert time.perf_counter() - started < 200
    assert done.returncode == 1
    assert "espeak-ng" in done.stderr
    assert "1 s" in done.stderr
    assert "Traceback" not in done.stderr
    assert "fingerprint" not in done.stdout


SLOW = 'case "$*" in *--version*|*--voices*) exec REAL "$@";; esac\nexec sleep 600\n'


@pytest.mark.parametrize("workers", [1, 2])
def test_a_program_that_hangs_at_every_text(tmp_path, workers, fake_espeak):
    path = fake_espeak(SLOW)
    done = run(
        "generate", *SMALL, "--out", tmp_path / "d", "--workers", workers, path=path, SYNTHKIT_SPEECH_TIMEOUT=0.5
    )
    assert done.returncode == 1
    assert "espeak-ng" in done.stderr
    assert "0.5 s" in done.stderr
    assert "Traceback" not in done.stderr
    assert "fingerprint" not in done.stdout


def test_takes_are_not_asked_for(command, tmp_path):
    """Their numbers mean nothing by themselves: that they are not found is no fault of the data."""
    built(tmp_path / "d", "digits_speech", [("design.limit", 600)])
    done = command("audit", "d", "--json")
    assert [probe["factor"] for probe in json.loads(done.stdout)["probes"]] == ["speaker", "text"]


CRASHING = 'case "$*" in *seven*) kill -SEGV $$;; esac\nexec REAL "$@"\n'
DIGITS = ("digits_speech", "--limit", "60", "--shard-size", "6")
LIMITED_DIGITS = (("design.limit", 60), ("output.shard_size", 6))


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Spoken digits by one worker, and their fingerprint."""
    root = tmp_path_factory.mktemp("digits") / "d"
    return root, built(root, "digits_speech", LIMITED_DIGITS)


def test_what_crashes_is_named_and_the_rest_stays(digits, tmp_path, fake_espeak):
    path = fake_espeak(CRASHING)
    done = run("generate", *DIGITS, "--out", tmp_path / "d", path=path)
    sevens = [e.id for e in package.load(digits[0]) if e.annotations["transcript"] == "seven"]
    assert sevens
    assert done.returncode == 1
    assert f"{len(sevens)} example(s) could not be made" in done.stderr
    for id in sevens:
        assert id in done.stderr
    assert "Traceback" not in done.stderr
    assert built(tmp_path / "d", "digits_speech", LIMITED_DIGITS) == digits[1]


FAILS_ONCE = """\
mark="$0.$(printf %s "$*" | sed "s/path=[^ ]*//" | cksum | cut -d" " -f1)"
if mkdir "$mark" 2>/dev/null; then kill -SEGV $$; fi
exec REAL "$@"
"""


def test_what_fails_once_is_tried_again(digits, tmp_path, fake_espeak):
    path = fake_espeak(FAILS_ONCE)
    assert fingerprint(run("generate", *DIGITS, "--out", tmp_path / "d", path=path)) == digits[1]
