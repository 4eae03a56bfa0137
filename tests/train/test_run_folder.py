"""Directories of trainings: what may be lost, what a kill leaves, who may write, and what a full disk says."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import resource
import shutil

import pytest
import torch
from cut_short import Stop, stop_at

from synthkit.errors import InputError, WorkError
from synthkit.train import checkpoint, directory, store
from synthkit.train.checkpoint import Checkpoint, save_checkpoint, save_weights
from synthkit.train.directory import held
from synthkit.train.folder import RunFolder, is_run
from synthkit.train.log import TrainingLog
from synthkit.train.training import train

DATA = {"source": "clips", "identity": "abc"}
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def contents(path):
    """Names and bytes of all files."""
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@contextlib.contextmanager
def small_files():
    """No file may grow beyond 4 kB: a full disk as far as this process can tell."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def run(tmp_path):
    """Files as of a finished training."""
    out = tmp_path / "run"
    (out / "checkpoints" / "step-00000004").mkdir(parents=True)
    for name in ("experiment.json", "data.json", "training.json", "evaluation.json"):
        (out / name).write_text("{}")
    (out / "model.safetensors").write_bytes(b"weights")
    return out


@pytest.mark.parametrize(
    "change",
    [
        "model.latnt=3",
        "features.normalization=frame_max",  # which loses a factor: seen when the features are there
    ],
)
def test_what_is_refused_leaves_the_training_that_was_to_be_replaced(experiment, tones, tmp_path, change):
    out = tmp_path / "run"
    sets = ["features.kind=mel", 'evaluation.factors=["amplitude"]', "training.steps=2"]
    train(experiment(*sets), out, data=tones)
    before = contents(out)
    with pytest.raises(InputError, match=r"latnt|amplitude: the features have lost it"):
        train(experiment(*sets, change), out, data=tones, overwrite=True)
    assert contents(out) == before


def test_what_is_refused_can_be_mended_in_the_same_directory(experiment, tones, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(InputError, match="latnt"):
        train(experiment("model.latnt=3"), out, data=tones)
    assert list(out.iterdir()) == []
    assert train(experiment("training.steps=2"), out, data=tones).steps == 2


def begin(out, plan, *, overwrite=False):
    begun = RunFolder.look(out, plan, DATA, overwrite=overwrite)
    begun.begin()
    return begun


def test_nothing_is_written_before_it_begins(experiment, run):
    before = contents(run)
    new = RunFolder.look(run, experiment(), DATA, overwrite=True)
    assert not new.begun
    assert not new.finished
    assert contents(run) == before
    new.begin()
    assert new.begun
    assert {p.name for p in run.iterdir()} == {"data.json", "experiment.json"}


def test_features_stay_when_a_training_is_replaced(experiment, run):
    """They are named by their content: the next training may need the same."""
    (run / "features").mkdir()
    (run / "features" / "abc.npy").write_bytes(b"features")
    begin(run, experiment(), overwrite=True)
    assert (run / "features" / "abc.npy").read_bytes() == b"features"


@pytest.mark.parametrize("change", ['views.share=["pitch"]', 'views.mel=[{"name":"nothing"}]'])
def test_views_that_are_refused_leave_the_training_that_was_to_be_replaced(experiment, tones, tmp_path, change):
    out = tmp_path / "run"
    sets = ["features.kind=mel", 'evaluation.factors=["amplitude"]', "training.steps=2"]
    train(experiment(*sets), out, data=tones)
    before = {name: data for name, data in contents(out).items() if not name.startswith("features/")}
    with pytest.raises(InputError, match=r"pitch|nothing"):
        train(experiment(*sets, 'model={"name":"barlow_twins"}', change), out, data=tones, overwrite=True)
    assert {name: data for name, data in contents(out).items() if not name.startswith("features/")} == before


def test_a_training_that_was_killed_while_it_began_begins_again(experiment, tmp_path):
    out = tmp_path / "run"
    begin(out, experiment())
    (out / "experiment.json").rename(out / ".tmp-0123456789ab-experiment.json")
    for overwrite in (False, True):
        assert begin(out, experiment(), overwrite=overwrite).begun
        assert is_run(out)


def test_tables_of_others_are_not_taken_for_a_training_that_was_killed(experiment, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    for text in ("[1, 2]", '{"mine": 1}', "no json"):
        (out / "data.json").write_text(text)
        with pytest.raises(InputError, match="is not empty and holds no training"):
            RunFolder.look(out, experiment(), DATA, overwrite=True)
        assert (out / "data.json").read_text() == text


@pytest.mark.parametrize("step", range(4))
def test_a_kill_while_a_training_is_replaced(experiment, run, monkeypatch, step):
    """After each removal: both commands go on, and nothing seems finished that is not."""
    old, new = experiment(), experiment("seed=1")
    (run / "experiment.json").write_text(old.pretty_json())
    (run / "data.json").write_text(json.dumps(DATA))
    real, done = directory._remove, []

    def killed(path):
        if len(done) == step:
            raise Stop
        done.append(path)
        real(path)

    monkeypatch.setattr(directory, "_remove", killed)
    with contextlib.suppress(Stop):
        begin(run, new, overwrite=True)
    monkeypatch.undo()
    assert len(done) == min(step, 3)
    assert not (run / "training.json").is_file()
    if step < 3:
        assert RunFolder.look(run, old, DATA, overwrite=False).begun
    assert begin(run, new, overwrite=True).begun
    assert RunFolder.look(run, new, DATA, overwrite=False).begun


def test_one_training_at_a_time_writes_in_a_directory(experiment, tones, tmp_path):
    out = tmp_path / "run"
    with held(out), pytest.raises(WorkError, match="run: another training is writing here; wait for it"):
        train(experiment(), out, data=tones, overwrite=True)
    assert list(out.iterdir()) == []
    seen = []

    def second(stage, *_):
        if stage == "training" and not seen:
            with pytest.raises(WorkError, match="another training is writing here"), held(out):
                pass
            seen.append(stage)

    train(experiment("training.steps=2"), out, data=tones, on_progress=second)
    assert seen
    with held(out):
        pass


def test_a_file_system_without_locks_is_trained_on(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.EBADF, "no locks of directories here")

    monkeypatch.setattr(fcntl, "flock", none)
    with held(tmp_path / "run"):
        assert (tmp_path / "run").is_dir()


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(InputError, match=f"{path}: .*(is a file|Not a directory)"), held(path):
            pass


def test_a_checkpoint_of_another_training_is_refused(experiment, tones, tmp_path):
    for seed in (0, 1):
        with pytest.raises(Stop):
            train(experiment(f"seed={seed}"), tmp_path / str(seed), data=tones, on_progress=stop_at(6 + 4 * seed))
    strange = tmp_path / "0" / "checkpoints" / "step-00000008"
    shutil.copytree(tmp_path / "1" / "checkpoints" / "step-00000008", strange)
    with pytest.raises(WorkError, match="0: its checkpoint step-00000008 is of another training"):
        train(experiment("seed=0"), tmp_path / "0", data=tones)
    shutil.rmtree(strange)
    state = tmp_path / "0" / "checkpoints" / "step-00000004" / "state.json"
    plain = json.loads(state.read_text())
    del plain["training"]  # as before checkpoints said it
    state.write_text(json.dumps(plain))
    assert train(experiment("seed=0"), tmp_path / "0", data=tones).resumed_from == 4


def test_a_full_disk_at_a_checkpoint(tmp_path):
    tensors = {"w": torch.zeros(10_000)}
    with small_files(), pytest.raises(WorkError, match=r"step-00000002: .*(too large|os error)"):
        save_checkpoint(tmp_path / "checkpoints", Checkpoint(2, {"model": tensors}, training="x"), 2)
    assert list((tmp_path / "checkpoints").iterdir()) == []
    with small_files(), pytest.raises(WorkError, match=r"model\.safetensors: .*(too large|os error)"):
        save_weights(tmp_path / "model.safetensors", tensors)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoints"]


def test_what_safetensors_raises_of_a_full_disk_is_an_error_of_ours(tmp_path, monkeypatch):
    def full(_, path):
        path.write_bytes(b"half")
        raise checkpoint.SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(WorkError, match=r"step-00000002: .*No space left"):
        save_checkpoint(tmp_path, Checkpoint(2, {"model": {}}, training="x"), 2)
    with pytest.raises(WorkError, match=r"model\.safetensors: .*No space left"):
        save_weights(tmp_path / "model.safetensors", {})
    assert list(tmp_path.iterdir()) == []


def test_what_killed_trainings_left_half_written_is_removed(experiment, tones, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(Stop):
        train(experiment(), out, data=tones, on_progress=stop_at(6))
    left = [out / "checkpoints" / ".tmp-1-step-00000008", out / ".tmp-1-old"]
    for path in left:
        path.mkdir()
        (path / "model.safetensors").write_bytes(b"half")
    (out / ".tmp-2-training.json").write_text("{")
    train(experiment(), out, data=tones)
    assert not list(out.rglob(".tmp-*"))


def test_features_have_their_place_on_the_disk_before_they_are_made(experiment, tones, tmp_path, monkeypatch):
    """A file with holes, mapped into memory, ends the process by a signal where the disk is full."""
    monkeypatch.setattr(store, "_ROWS", 16)
    seen = []

    def report(stage, *_):
        if stage.startswith("features"):
            (file,) = (tmp_path / "run" / "features").glob(".tmp-*")
            seen.append(file.stat().st_blocks * 512 >= file.stat().st_size)

    train(experiment("training.steps=1"), tmp_path / "run", data=tones, on_progress=report)
    assert len(seen) > 2
    assert all(seen)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EOPNOTSUPP, errno.EINVAL])
def test_features_on_a_full_disk_or_one_that_keeps_no_place(experiment, tones, tmp_path, monkeypatch, code):
    def refused(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "posix_fallocate", refused)
    plan = experiment("training.steps=1")
    if code == errno.ENOSPC:
        with pytest.raises(WorkError, match=r"features/\w+\.npy: No space left"):
            train(plan, tmp_path / "run", data=tones)
        assert list((tmp_path / "run" / "features").iterdir()) == []
    else:
        assert train(plan, tmp_path / "run", data=tones).steps == 1


def test_a_log_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "a" / "log.jsonl").mkdir(parents=True)
    with pytest.raises(WorkError, match=r"log\.jsonl: Is a directory"):
        TrainingLog(tmp_path / "a", 0)
    (tmp_path / "b").mkdir()
    log = TrainingLog(tmp_path / "b", 0)
    with small_files(), pytest.raises(WorkError, match=r"log\.jsonl: File too large"):
        log.write(1, dict.fromkeys(map(str, range(1000)), 1.0))
    log.close()
