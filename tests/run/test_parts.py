"""Builds in parts, as an array of jobs makes them."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify
from synthkit.run.part import Part, build_part, finish_build, parse_part
from synthkit.storage import open_root

TONES = ["design.size=90", 'splits={"train": 70, "test": 20}', "params.duration=0.05", "output.shard_size=10"]
DRAWN = ["design.limit=120", "output.shard_size=20"]


def tones(*sets):
    return load_recipe("syntone_small", [*TONES, *sets])


def generate(*arguments):
    command = [sys.executable, "-m", "synthkit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("first", [0, 1])
def test_jobs_may_be_counted_from_0_or_1(first):
    parts = [Part(number, 4) for number in range(first, first + 4)]
    for shard in range(100):
        assert sum(part.holds(shard) for part in parts) == 1


@pytest.mark.parametrize("text", ["", "1", "5/4", "-1/4", "1/0", "0/0", "a/b", "1/2/3", "1.0/2"])
def test_odd_parts_are_refused(text):
    with pytest.raises(InputError, match=r"--shards .*: must be K/N"):
        parse_part(text)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 3)])
def test_parts_make_the_whole(order, tmp_path):
    whole = build(tones(), tmp_path / "whole", workers=1)
    made = [build_part(tones(), tmp_path / "d", Part(number, 3), workers=1) for number in order]
    assert [(part.shards, part.left, part.of) for part in made] == [(3, 6, 9), (3, 3, 9), (3, 0, 9)]
    assert sum(part.made for part in made) == 90
    done = finish_build(tmp_path / "d")
    assert done.fingerprint == whole.fingerprint
    assert verify(tmp_path / "d", regenerate=3).ok
    for path in (tmp_path / "whole").rglob("*"):
        if path.is_file():
            assert (tmp_path / "d" / path.relative_to(tmp_path / "whole")).read_bytes() == path.read_bytes()
    assert finish_build(tmp_path / "d").fingerprint == whole.fingerprint  # again: nothing to do
    again = build_part(tones(), tmp_path / "d", Part(0, 3))
    assert again.finished.fingerprint == whole.fingerprint


def test_processes_side_by_side(command, tmp_path):
    """As an array of jobs on one shared disk: all at once, of texts whose draws must be found first."""
    sets = [word for text in DRAWN for word in ("--set", text)]
    out = tmp_path / "d"
    with ThreadPoolExecutor(3) as pool:
        done = list(
            pool.map(lambda k: generate("generate", "brackets", "--out", out, "--shards", f"{k}/3", *sets), range(3))
        )
    assert [run.returncode for run in done] == [0] * 3, done
    finished = command("finish", out)
    whole = build(load_recipe("brackets", DRAWN), tmp_path / "whole", workers=1)
    assert finished.stdout.splitlines()[-1] == f"fingerprint {whole.fingerprint}"
    assert verify(out, regenerate=3).ok


def test_parts_in_a_store(store, tmp_path):
    for number in range(2):
        build_part(tones(), store.url, Part(number, 2), workers=1)
    assert finish_build(store.url).fingerprint == build(tones(), tmp_path / "d", workers=1).fingerprint
    assert verify(store.url).ok
    assert not [name for name in store.names() if ".synthkit" in name]


def test_missing_parts_are_named(tmp_path):
    build_part(tones(), tmp_path / "d", Part(1, 3), workers=1)
    with pytest.raises(WorkError) as error:
        finish_build(tmp_path / "d")
    assert "6 of 9 shards are not there (train-00000-of-00007, train-00002-of-00007" in str(error.value)
    with pytest.raises(InputError, match="is not finished"):
        verify(tmp_path / "d")
    assert build(tones(), tmp_path / "d", workers=1).made == 60  # a build without parts makes the rest


def test_a_part_that_was_killed_is_run_again(tmp_path):
    build_part(tones(), tmp_path / "d", Part(0, 2), workers=1)
    (tmp_path / "d/data/train-00002-of-00007.parquet").write_bytes(b"half")
    assert build_part(tones(), tmp_path / "d", Part(0, 2), workers=1).made == 10


def test_nothing_was_begun(tmp_path):
    with pytest.raises(InputError, match="holds no synthkit dataset"):
        finish_build(tmp_path)
    with pytest.raises(InputError, match="holds no synthkit dataset"):
        finish_build(tmp_path / "nothing")


def test_a_run_that_is_alone_and_jobs_keep_apart(tmp_path):
    build_part(tones(), tmp_path / "d", Part(0, 2), workers=1)
    root = open_root(tmp_path / "d")
    with root.locked(), pytest.raises(WorkError, match="another run is writing here"):
        build_part(tones(), tmp_path / "d", Part(1, 2), workers=1)
    with root.locked(shared=True):
        build_part(tones(), tmp_path / "d", Part(1, 2), workers=1)
        with pytest.raises(WorkError, match="another run is writing here"):
            finish_build(tmp_path / "d")


def test_jobs_of_another_recipe_are_refused(tmp_path):
    build_part(tones(), tmp_path / "d", Part(0, 2), workers=1)
    with pytest.raises(InputError, match=r"another recipe \(seed differs\)"):
        build_part(tones("seed=1"), tmp_path / "d", Part(1, 2), workers=1)


def test_a_damaged_beginning_is_told(tmp_path):
    build_part(tones(), tmp_path / "d", Part(0, 1), workers=1)
    (tmp_path / "d/.synthkit/recipe.json").write_text("{")
    with pytest.raises(WorkError, match="the recipe that it was begun with is damaged"):
        finish_build(tmp_path / "d")


def test_the_command_says_what_comes_next(command, tmp_path):
    sets = [word for text in TONES for word in ("--set", text)]
    first = command("generate", "syntone_small", "--out", tmp_path / "d", "--shards", "1/2", *sets)
    assert first.stdout.splitlines()[0] == "part 1/2: 4 of 9 shards are there, 40 examples made now"
    assert "5 shards of other parts are not there yet" in first.stdout
    early = command("finish", tmp_path / "d", check=False)
    assert (early.returncode, early.stdout) == (1, "")
    second = command("generate", "syntone_small", "--out", tmp_path / "d", "--shards", "2/2", "--json", *sets)
    assert json.loads(second.stdout) == {
        "part": "2/2",
        "made": 50,
        "shards": 5,
        "of": 9,
        "left": 0,
        "out": str(tmp_path / "d"),
    }
    done = json.loads(command("finish", tmp_path / "d", "--json").stdout)
    assert done["fingerprint"] == verify(tmp_path / "d").fingerprint
    for arguments, message in (
        (["--shards", "3/2"], "must be K/N"),
        (["--shards", "1/2", "--overwrite"], "--overwrite: does not go with --shards"),
        (["--executor", "slurm"], "--executor slurm: must be process, dask or mpi"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--scheduler: goes with --executor dask"),
    ):
        wrong = command("generate", "syntone_small", "--out", tmp_path / "e", *arguments, check=False)
        assert wrong.returncode == 2
        assert message in wrong.stderr
    assert not os.path.exists(tmp_path / "e")
