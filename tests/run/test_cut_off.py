"""Runs that are cut off at an unlucky moment: what is whole can be read, and the same command comes to an end."""

import os
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest

from synthkit.dataset import load
from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import load_recipe
from synthkit.records import EngineInfo
from synthkit.run import build, part, state, verify
from synthkit.run.asking import AskOptions
from synthkit.run.build import _mark
from synthkit.run.part import Part, build_part, finish_build
from synthkit.run.prepare import prepare
from synthkit.storage import open_root
from synthkit.storage.local import LocalStorage
from synthkit.storage.remote import ObjectStorage

TONES = ["design.size=30", 'splits={"train": 30}', "params.duration=0.01", "output.shard_size=5"]


def tones(*sets):
    return load_recipe("syntone_small", [*TONES, *sets])


class Killed(BaseException):
    pass


def killed(*_, **__):
    raise Killed


def killed_at(rows):
    def tell(progress):
        if progress.done >= rows:
            raise Killed

    return tell


@pytest.fixture(params=["disk", "memory"])
def place(request, tmp_path):
    if request.param == "disk":
        yield str(tmp_path / "d")
        return
    folder = f"cut-off-{os.getpid()}-{tmp_path.name}"
    yield f"memory://{folder}/d"
    fsspec.filesystem("memory").rm(f"/{folder}", recursive=True)


def kill_at_the_end(place, monkeypatch, how=killed, **options):
    """A build that is killed after `SHA256SUMS`, before its state is cleared."""
    with monkeypatch.context() as patch:
        patch.setattr(state, "clear_state", how)
        with pytest.raises((Killed, WorkError)):
            build(tones(), place, workers=1, **options)
    with pytest.raises(InputError, match="is not finished"):
        load(place)


def as_the_first(made):
    assert made.made == 0
    assert not open_root(made.out).holds(".synthkit")
    assert load(made.out).fingerprint == made.fingerprint
    assert verify(made.out).ok


@pytest.mark.parametrize("lost", [[], ["recipe.json"]])
@pytest.mark.parametrize("overwrite", [False, True])
def test_the_same_build_clears_what_was_left(place, lost, overwrite, monkeypatch):
    kill_at_the_end(place, monkeypatch, overwrite=overwrite)
    open_root(place).remove([f".synthkit/{name}" for name in lost])
    as_the_first(build(tones(), place, workers=1, overwrite=overwrite))


@pytest.mark.parametrize("lost", [[], ["recipe.json"]])
def test_a_job_of_it_and_its_end_do_too(place, lost, monkeypatch):
    kill_at_the_end(place, monkeypatch)
    root = open_root(place)
    root.remove([f".synthkit/{name}" for name in lost])
    as_the_first(build_part(tones(), place, Part(0, 2), workers=1).finished)
    root.write(".synthkit/shards/late.json", b"{}")  # of a worker that was slow
    as_the_first(finish_build(place))


def test_a_job_that_looked_before_the_end_begins_nothing(place, monkeypatch):
    made = build(tones(), place, workers=1)
    real, looks = part.already_there, []

    def first_too_early(*args):
        looks.append(args)
        return real(*args) if len(looks) > 1 else None

    monkeypatch.setattr(part, "already_there", first_too_early)
    found = build_part(tones(), place, Part(0, 2), workers=1)
    assert found.made == 0
    assert found.finished.fingerprint == made.fingerprint
    assert not open_root(place).holds(".synthkit")


@pytest.mark.parametrize("run", [build, lambda *args, **named: build_part(*args, Part(0, 2), **named)])
def test_another_recipe_is_refused_before_the_lock(place, run, monkeypatch):
    made = build(tones(), place, workers=1)
    for kind in (LocalStorage, ObjectStorage):
        monkeypatch.setattr(kind, "locked", killed)
    with pytest.raises(InputError, match=r"another recipe \(seed differs\); use --overwrite"):
        run(tones("seed=1"), place, workers=1)
    assert load(place).fingerprint == made.fingerprint


def test_a_dataset_that_is_being_replaced_keeps_its_state(place, monkeypatch):
    """Another run may begin anew between the look and the lock."""
    build(tones(), place, workers=1)
    root = open_root(place)
    root.write(".synthkit/shards/new.json", b"{}")
    real = type(root).locked

    def late(self, **options):
        root.remove(["SHA256SUMS"])
        return real(self, **options)

    monkeypatch.setattr(type(root), "locked", late)
    state.clear_leftovers(root)
    assert root.is_file(".synthkit/shards/new.json")


@pytest.mark.parametrize("before", [[], ["seed=1"]])
def test_an_interrupted_overwrite_goes_on(place, before):
    if before:
        build(tones(*before), place, workers=1)
    with pytest.raises(Killed):
        build(tones(), place, workers=1, overwrite=True, on_progress=killed_at(20))
    made = build(tones(), place, workers=1, overwrite=True)
    assert made.made == 10
    assert verify(place, regenerate=30).ok
    assert build(tones(), place, workers=1, overwrite=True).made == 30  # what is finished is made anew


def test_an_overwrite_of_what_was_begun_otherwise_begins_anew(place):
    with pytest.raises(Killed):
        build(tones(), place, workers=1, on_progress=killed_at(20))
    with pytest.raises(Killed):
        build(tones(), place, workers=1, overwrite=True, on_progress=killed_at(10))
    with pytest.raises(Killed):
        build(tones("seed=1"), place, workers=1, overwrite=True, on_progress=killed_at(25))
    assert build(tones(), place, workers=1, overwrite=True).made == 30


def test_an_overwrite_by_something_else_begins_anew(monkeypatch):
    """Another engine, other answers, another version: what was made before must not be mixed with it."""
    prepared = prepare(tones())
    engines = [
        EngineInfo("espeak-ng", version, "en", "sha256:0", "GPL-3.0-or-later", "engine") for version in ("1", "2")
    ]
    marks = [_mark(SimpleNamespace(recipe=prepared.recipe, engine=engine), AskOptions()) for engine in (None, *engines)]
    marks += [_mark(prepared, AskOptions(log=Path(name), replay=True)) for name in "ab"]
    monkeypatch.setitem(_mark.__globals__, "version", lambda _: "999.0")
    marks += [_mark(prepared, AskOptions())]
    assert len(set(marks)) == len(marks)


def test_an_overwrite_of_which_something_is_gone_begins_anew(tmp_path, monkeypatch):
    """It was killed at its very end, and a shard was lost then."""
    build(tones("seed=1"), tmp_path / "d", workers=1)
    with monkeypatch.context() as patch:
        patch.setattr(state, "clear_state", lambda _: None)
        build(tones(), tmp_path / "d", workers=1, overwrite=True)
    next((tmp_path / "d" / "data").iterdir()).unlink()
    again = build(tones(), tmp_path / "d", workers=1, overwrite=True)
    assert again.made == 30
    assert verify(tmp_path / "d").ok


@pytest.mark.parametrize("step", range(1, 6))
def test_killed_while_it_clears(place, step, monkeypatch):
    """At each removal: what was being made when the files of another recipe went is not taken for this one's."""
    fingerprint = build(tones(), f"{place}-whole", workers=1).fingerprint
    with pytest.raises(Killed):
        build(tones("seed=1"), place, workers=1, on_progress=killed_at(20))
    count = 0

    def deadly(real):
        def change(*args):
            nonlocal count
            count += 1
            if count == step:
                raise Killed
            return real(*args)

        return change

    with monkeypatch.context() as patch:
        for name in ("remove", "remove_folder"):
            patch.setattr(LocalStorage, name, deadly(getattr(LocalStorage, name)))
        patch.setattr(ObjectStorage, "remove", deadly(ObjectStorage.remove))
        with pytest.raises(Killed):
            build(tones(), place, workers=1, overwrite=True)
    made = build(tones(), place, workers=1, overwrite=True)
    assert (made.made, made.fingerprint) == (30, fingerprint)
    assert verify(place).ok


@pytest.mark.parametrize("damage", ["gone", "short"])
def test_a_shard_without_its_digests_is_made_again(place, damage):
    with pytest.raises(Killed):
        build(tones(), place, workers=1, on_progress=killed_at(20))
    root = open_root(place)
    path = sorted(path for path in root.sizes(".synthkit/shards") if path.endswith(".digests"))[0]
    if damage == "gone":
        root.remove([path])
    else:
        root.write(path, root.read(path)[:-32])
    made = build(tones(), place, workers=1)
    assert made.made == 15
    assert verify(place).ok


def test_a_store_that_goes_away_while_the_state_is_cleared(place, monkeypatch):
    def away(*_):
        raise WorkError("the object store did not answer")

    kill_at_the_end(place, monkeypatch, away)
    as_the_first(build(tones(), place, workers=1))
