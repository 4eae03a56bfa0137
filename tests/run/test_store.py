"""Builds into an object store: the local fingerprint, resumed, verified and read where they are."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import synthkit
from synthkit.audit import audit_dataset
from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify
from synthkit.run.part import Part, build_part, finish_build
from synthkit.shards.audiofolder import WavWriter
from synthkit.storage import open_root
from synthkit.storage.remote import ObjectStorage

TONES = ["design.size=90", 'splits={"train": 70, "test": 20}', "params.duration=0.05", "output.shard_size=30"]
TEXTS = ["design.limit=80", "output.shard_size=25"]


def tones(*sets):
    return load_recipe("syntone_small", [*TONES, *sets])


def texts(*sets):
    return load_recipe("brackets", [*TEXTS, *sets])


def files(store):
    """The dataset's files, without its prefix."""
    return {key.removeprefix("sets/one/"): store.read(key) for key in store.names("sets/one/")}


@pytest.mark.parametrize(
    ("recipe", "format"),
    [(tones, "parquet"), (tones, "wav"), (tones, "flac"), (texts, "parquet"), (texts, "jsonl"), (texts, "tsv")],
)
def test_the_same_files_as_on_a_disk(recipe, format, store, tmp_path):
    wanted = recipe(f"output.format={format}")
    local = build(wanted, tmp_path / "d", workers=1)
    made = build(wanted, store.url, workers=1)
    assert (made.fingerprint, made.bytes, made.made) == (local.fingerprint, local.bytes, made.num_examples)
    assert made.out == store.url
    there = {p.relative_to(tmp_path / "d").as_posix(): p for p in (tmp_path / "d").rglob("*") if p.is_file()}
    assert files(store) == {name: path.read_bytes() for name, path in there.items()}
    report = verify(store.url, regenerate=5)
    assert report.ok, report.problems
    assert (report.examples, report.regenerated, report.fingerprint) == (made.num_examples, 5, made.fingerprint)


@pytest.mark.parametrize("format", ["parquet", "wav"])
def test_clips_are_read_where_they_are(format, store, tmp_path):
    recipe = tones(f"output.format={format}")
    build(recipe, tmp_path / "d", workers=1)
    build(recipe, store.url, workers=1)
    here, there = synthkit.load(tmp_path / "d", "test"), synthkit.load(store.url, "test")
    assert (there.factors_matrix() == here.factors_matrix()).all()
    assert there.ids() == here.ids()
    for index in (0, 7, len(here) - 1):
        assert np.array_equal(there[index].audio, here[index].audio)
        assert there[index].factors == here[index].factors
    assert repr(there).startswith(f"AudioDataset('{store.url}', 20 examples")


@pytest.mark.parametrize("format", ["parquet", "jsonl", "tsv"])
def test_texts_are_read_where_they_are(format, store, tmp_path):
    recipe = texts(f"output.format={format}")
    build(recipe, tmp_path / "d", workers=1)
    build(recipe, store.url, workers=1)
    here, there = synthkit.load(tmp_path / "d"), synthkit.load(store.url)
    assert [example.input for example in there] == [example.input for example in here]


def test_workers_of_a_loader_open_the_store_themselves(store):
    """Forked workers, whose event loops do not come along."""
    from torch.utils.data import DataLoader

    build(tones(), store.url, workers=1)
    data = synthkit.load(store.url, "train")
    first = data[0].audio
    loader = DataLoader(data, batch_size=10, num_workers=2, collate_fn=synthkit.dataset.collate)
    batches = list(loader)
    assert np.array_equal(batches[0]["audio"][0], first)
    assert [name for batch in batches for name in batch["id"]] == data.ids()


def test_few_requests_read_one_example(store):
    build(tones("design.size=400", 'splits={"train": 400}', "output.shard_size=400"), store.url, workers=1)
    dataset = synthkit.load(store.url)
    dataset[0]
    before = store.seen()
    dataset[1]  # of the same row group
    assert store.seen() == before


def test_an_audit_listens_in_the_store(store, tmp_path):
    build(tones(), tmp_path / "d", workers=1)
    build(tones(), store.url, workers=1)
    assert audit_dataset(store.url) == audit_dataset(tmp_path / "d")


def test_workers_write_for_themselves(store):
    made = build(tones(), store.url, workers=2)
    assert verify(store.url).fingerprint == made.fingerprint


def test_memory(tmp_path):
    url = f"memory://builds-{os.getpid()}/{tmp_path.name}"
    made = build(tones(), url, workers=1)
    assert made.fingerprint == build(tones(), tmp_path / "d", workers=1).fingerprint
    assert verify(url).ok
    with pytest.raises(InputError, match="memory of this process"):
        build(tones("seed=3"), f"{url}-2", workers=2)


def test_finished_is_finished(store):
    made = build(tones(), store.url, workers=1)
    before = files(store)
    again = build(tones(), store.url, workers=1)
    assert (again.fingerprint, again.made) == (made.fingerprint, 0)
    assert files(store) == before


def test_another_recipe_is_refused_and_overwrites_when_told(store, tmp_path):
    build(tones("output.shard_size=10"), store.url, workers=1)
    with pytest.raises(InputError, match="holds a dataset of another recipe"):
        build(tones("seed=1"), store.url, workers=1)
    made = build(tones("seed=1"), store.url, workers=1, overwrite=True)
    assert made.fingerprint == build(tones("seed=1"), tmp_path / "d", workers=1).fingerprint
    assert {name for name in files(store) if name.startswith("data/")} == {
        f"data/{p.name}" for p in (tmp_path / "d/data").iterdir()
    }


def test_something_else_is_left_alone(store):
    store.write("sets/one/thesis.txt", b"years of work")
    with pytest.raises(InputError, match=r"holds something else \(thesis.txt\)"):
        build(tones(), store.url, workers=1)
    with pytest.raises(InputError, match="holds something else"):
        build(tones(), store.url, workers=1, overwrite=True)
    assert files(store) == {"thesis.txt": b"years of work"}


def test_what_is_not_a_dataset(store):
    with pytest.raises(InputError, match="holds no synthkit dataset"):
        synthkit.load(store.url)
    with pytest.raises(InputError, match="holds no finished synthkit dataset"):
        verify(store.url)


def test_damage_is_found(store):
    build(tones(), store.url, workers=1)
    shards = store.names("sets/one/data/")
    data = store.read(shards[0])
    store.write(shards[0], data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    store.client.delete_object(Bucket=store.bucket, Key=shards[1])
    store.write("sets/one/data/more.bin", b"1")
    problems = verify(store.url).problems
    assert [problem.partition(":")[0] for problem in problems] == [
        *sorted(key.removeprefix("sets/one/") for key in shards[:2]),
        "data/more.bin",
    ]


def test_a_bad_store_changes_no_bit(store, tmp_path):
    store.faults(every=9, drop=31, statuses=[500, 503, 503])
    made = build(tones(), store.url, workers=1)
    assert verify(store.url, regenerate=2).ok
    failed = store.seen()["failed"]
    store.faults()
    assert failed > 5
    assert made.fingerprint == build(tones(), tmp_path / "d", workers=1).fingerprint


def test_two_writers(store):
    build(tones(), store.url, workers=1)  # so that the folder is ours
    for key in store.names("sets/one/"):
        if key.endswith("SHA256SUMS"):
            store.client.delete_object(Bucket=store.bucket, Key=key)
    first = synthkit.storage.open_root(store.url)
    with first.locked(), pytest.raises(WorkError, match="another run is writing here"):
        build(tones(), store.url, workers=1)


class TestKilled:
    """A build that is killed: nothing that looks finished, nothing lost, nothing twice."""

    SETS = ("design.size=500", 'splits={"train": 500}', "output.shard_size=50")

    def command(self, url):
        sets = [word for text in self.SETS for word in ("--set", text)]
        return [sys.executable, "-m", "synthkit", "generate", "syntone_small", "--out", url, "--workers", "1", *sets]

    def test_it_goes_on(self, store, tmp_path):
        store.faults(delay=0.05)
        process = subprocess.Popen(self.command(store.url), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 180
        while len(store.names("sets/one/.synthkit/shards/")) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait(120)
        store.faults()
        assert "sets/one/SHA256SUMS" not in store.names()
        with pytest.raises(InputError, match="is not finished"):
            synthkit.load(store.url)
        # What it had begun to send is nowhere to be seen, but there.
        store.client.create_multipart_upload(Bucket=store.bucket, Key="sets/one/data/train-00009-of-00010.parquet")
        kept = {key: store.read(key) for key in store.names("sets/one/data/")}
        done = subprocess.run(self.command(store.url), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert "were there from an earlier run" in done.stdout
        assert store.uploads() == []
        assert not [key for key in store.names() if ".synthkit" in key]
        assert {key: store.read(key) for key in kept} == kept
        recipe = load_recipe("syntone_small", list(self.SETS))
        assert done.stdout.splitlines()[-1] == f"fingerprint {build(recipe, tmp_path / 'd', workers=1).fingerprint}"
        assert verify(store.url).ok

    def test_interrupted_it_gives_the_lock_back(self, store):
        store.faults(delay=0.05)
        process = subprocess.Popen(self.command(store.url), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 180
        while not store.names("sets/one/.synthkit/shards/") and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=180)
        assert "sets/one/.synthkit/lock" not in store.names()


@pytest.fixture
def memory(tmp_path):
    return f"memory://builds-{os.getpid()}/{tmp_path.name}"


def test_a_second_writer_that_is_interrupted_takes_nothing_from_the_first(memory, monkeypatch):
    """The same job runs twice, as after a requeue: the first has recorded a shard when the second gives it up."""
    recipe = tones("output.format=wav")
    ran = []

    def interrupted(writer):
        raise KeyboardInterrupt

    def first_runs_meanwhile(_):
        if not ran:
            ran.append(build_part(recipe, memory, Part(0, 2), workers=1))
            monkeypatch.setattr(WavWriter, "commit", interrupted)

    with pytest.raises(KeyboardInterrupt):
        build_part(recipe, memory, Part(0, 2), workers=1, on_progress=first_runs_meanwhile)
    monkeypatch.undo()
    build_part(recipe, memory, Part(1, 2), workers=1)
    finish_build(memory)
    report = verify(memory)
    assert report.ok, report.problems


@pytest.mark.parametrize("format", ["wav", "parquet"])
def test_what_was_given_up_is_not_in_the_finished_dataset(format, memory):
    recipe = tones(f"output.format={format}")
    build_part(recipe, memory, Part(0, 1), workers=1)
    root = open_root(memory)
    for folder in ("data/train-00000-of-00003", "data/train-00007-of-00009"):
        given_up = root.folder(folder)
        given_up.write({"stray.wav": b"1", "metadata.parquet": b"2"})
        given_up.abort()
    assert root.size("data/train-00007-of-00009/stray.wav") == 1
    finish_build(memory)
    assert not [path for path in root.sizes() if "stray" in path]
    assert verify(memory).ok


@pytest.mark.parametrize("error", [KeyboardInterrupt, InputError("a test")])
def test_what_failed_first_is_told(error, memory, monkeypatch):
    """The store is away, too, when what is left over is to be removed."""

    def away(_):
        raise WorkError("the object store did not answer")

    def fail(progress):
        if progress.bytes:  # a shard is made
            monkeypatch.setattr(ObjectStorage, "remove_temporaries", away)
            raise error

    with pytest.raises(error if isinstance(error, type) else type(error)):
        build(tones(), memory, workers=1, on_progress=fail)


def test_messages_of_the_command(store):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "synthkit", *arguments], capture_output=True, text=True, timeout=300
        )

    sets = [word for text in TONES for word in ("--set", text)]
    done = run("generate", "syntone_small", "--out", store.url, *sets)
    assert done.returncode == 0, done.stderr
    assert f"in {store.url}" in done.stdout
    again = run("generate", "syntone_small", "--out", store.url, "--json", *sets)
    assert json.loads(again.stdout)["out"] == store.url
    assert run("verify", store.url).returncode == 0
    assert "90 examples" in run("show", store.url).stdout
    store.faults(code="InvalidAccessKeyId")
    denied = run("verify", store.url)
    assert denied.returncode == 2
    assert denied.stderr.startswith(f"synthkit: {store.url}: access denied (InvalidAccessKeyId)")
