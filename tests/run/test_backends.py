"""The backend that makes a dataset shows in none of its bytes."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from synthkit.cli import main
from synthkit.dataset.generated import Generated
from synthkit.errors import InputError
from synthkit.ops.cuda.module import UnavailableError
from synthkit.recipe.load import from_data, load_recipe
from synthkit.run import build

VARIANTS = {
    "additive": {},
    "polyblep": {"antialias": "polyblep", "snr": 40.0},
    "naive": {
        "antialias": "none",
        "sample_format": "float32",
        "vibrato_rate": 5.0,
        "vibrato_depth": 20.0,
        "attack": 0.01,
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("backend", ["cuda", "reference"])
@pytest.mark.gpu
def test_one_fingerprint(data, tmp_path, variant, backend):
    data["params"] |= VARIANTS[variant]
    data["factors"][1]["stop"] = 0.5  # noise needs some room
    recipe = from_data(data, "test")
    cpu = build(recipe, tmp_path / "cpu")
    other = build(recipe, tmp_path / "other", backend=backend)
    assert other.fingerprint == cpu.fingerprint
    assert (tmp_path / "cpu" / "SHA256SUMS").read_bytes() == (tmp_path / "other" / "SHA256SUMS").read_bytes()


@pytest.mark.gpu
def test_files_side_by_side(data, tmp_path, cuda):
    """WAV files are rendered with their headers between the rows."""
    data["output"] = {"format": "wav"}
    recipe = from_data(data, "test")
    assert build(recipe, tmp_path / "a").fingerprint == build(recipe, tmp_path / "b", backend="cuda").fingerprint


@pytest.mark.gpu
def test_a_dataset_begun_on_one_is_finished_on_the_other(data, tmp_path, cuda, monkeypatch):
    recipe = from_data(data | {"output": {"shard_size": 10}}, "test")
    from synthkit.run import tasks

    done = []
    run_task = tasks.run_task

    def stops(task):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(task)
        return run_task(task)

    monkeypatch.setattr(sys.modules["synthkit.run.working"], "run_task", stops)
    with pytest.raises(KeyboardInterrupt):
        build(recipe, tmp_path / "a", backend="cuda")
    monkeypatch.undo()
    assert build(recipe, tmp_path / "a").fingerprint == build(recipe, tmp_path / "b").fingerprint


@pytest.mark.gpu
def test_the_command(recipe_file, tmp_path, capsys, cuda):
    said = []
    for backend in ("cpu", "cuda"):
        assert main(["generate", str(recipe_file), "--out", str(tmp_path / backend), "--backend", backend]) == 0
        said.append(capsys.readouterr().out.splitlines()[-1])
    assert said[0] == said[1]
    assert said[0].startswith("fingerprint sha256:")


def test_a_backend_that_is_not_there_is_refused_before_anything_is_written(recipe, tmp_path, monkeypatch):
    for backend, message in [("tpu", "backend: must be cpu, reference, cuda, not 'tpu'"), ("cuda:x", "must be cpu")]:
        with pytest.raises(InputError, match=message):
            build(recipe, tmp_path / "out", backend=backend)
    monkeypatch.setattr("synthkit.ops.cuda.module.why_not", lambda: "no driver")
    with pytest.raises(UnavailableError, match="cuda was asked for: no driver; `synthkit doctor` says more"):
        build(recipe, tmp_path / "out", backend="cuda")
    assert not (tmp_path / "out").exists()


def test_texts_have_one_backend(tmp_path):
    with pytest.raises(InputError, match="generator 'bit_xor' makes its examples on the CPU only, not by 'cuda'"):
        build(load_recipe("bit_xor"), tmp_path / "out", backend="cuda")


@pytest.mark.gpu
def test_clips_without_a_disk(recipe, cuda):
    index = np.array([3, 0, 7])
    rows, samples, _ = Generated(recipe, "train").made(index)
    there, same, _ = Generated(recipe, "train", backend="cuda").made(index)
    assert there.ids == rows.ids
    np.testing.assert_array_equal(same, samples)
