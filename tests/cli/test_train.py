"""``synthkit train``, ``encode``, ``score RUN`` and ``benchmark`` from the command line."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from synthkit.cli import main
from synthkit.recipe import Recipe
from synthkit.run import build

EXPERIMENT = """
name = "toml_experiment"
description = "An experiment in TOML."
[features]
bands = 12
window = 256
hop = 256
[model]
name = "vae"
latent = 3
channels = [4]
hidden = []
[training]
steps = 6
batch_size = 16
[evaluation]
metrics = "mig,modularity,dcimig"
traversals = 0
[[variants]]
name = "plain"
[[variants]]
name = "strong"
set = { "model.name" = "beta_vae", "model.beta" = 8.0, "model.latent" = 3, "model.channels" = [4] }
"""


@pytest.fixture(scope="module")
def data(tones):
    return tones


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "experiment.toml"
    path.write_text(EXPERIMENT)
    return path


@pytest.fixture(scope="module")
def run_folder(data, experiment, tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "run"
    assert main(["train", str(experiment), "--data", str(data), "--out", str(out)]) == 0
    return out


def said(capsys, *arguments):
    code = main([str(a) for a in arguments])
    return code, capsys.readouterr()


def test_train_prints_what_it_found(data, experiment, tmp_path, capsys):
    code, out = said(capsys, "train", experiment, "--data", data, "--out", tmp_path / "run")
    assert code == 0
    assert "variant plain (--variant: strong)" in out.err
    for text in ("mig", "linear probes on held-out clips", "reconstruction: mean squared error", "6 steps"):
        assert text in out.out


def test_json_is_one_object(data, experiment, tmp_path, capsys):
    code, out = said(
        capsys, "train", experiment, "--data", data, "--out", tmp_path / "run", "--variant", "strong", "--json"
    )
    assert code == 0
    found = json.loads(out.out)
    assert set(found["metrics"]) == {"mig", "modularity", "dcimig"}
    assert json.loads((tmp_path / "run" / "experiment.json").read_text())["model"]["beta"] == 8.0


def test_score_of_a_training_is_its_own(run_folder, capsys):
    code, out = said(capsys, "score", run_folder, "--json")
    assert code == 0
    assert json.loads(out.out)["metrics"] == json.loads((run_folder / "evaluation.json").read_text())["metrics"]
    assert set(json.loads(out.out)["probes"]) == {"waveform", "amplitude", "frequency"}
    code, out = said(capsys, "score", run_folder, "--json", "--metrics", "sap", "--factors", "frequency,amplitude")
    assert code == 0
    assert set(json.loads(out.out)["metrics"]) == {"sap"}
    assert json.loads(out.out)["factor_names"] == ["amplitude", "frequency"]


def test_encode_and_score_the_file(run_folder, data, tmp_path, capsys):
    path = tmp_path / "codes.parquet"
    code, out = said(capsys, "encode", run_folder, "--data", data, "--split", "train", "--out", path)
    assert code == 0
    assert f"{path}: 144 clips x 3 codes" in out.out
    assert pq.read_table(path)["id"][0].as_py() == "train-00000000"
    code, out = said(capsys, "score", path, "--data", data, "--metrics", "mig", "--json")
    assert code == 0
    assert json.loads(out.out)["metrics"]["mig"] >= 0


def test_encode_with_an_exported_model(data, tmp_path, capsys):
    import warnings

    import torch
    from torch import nn

    class Toy(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("sampling_rate", torch.tensor(8000))
            self.conv = nn.Conv1d(1, 2, 16, 16)

        def encode(self, x):
            return self.conv(x)

    toy = Toy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace_module(toy, {"encode": torch.zeros(1, 1, 160)})
        torch.jit.save(traced, str(tmp_path / "toy.ts"))
    code, out = said(capsys, "encode", tmp_path / "toy.ts", "--data", data, "--out", tmp_path / "c.parquet", "--json")
    assert (code, out.err) == (0, "")
    assert json.loads(out.out) == {"out": str(tmp_path / "c.parquet"), "clips": 48, "codes": 2}
    table = pq.read_table(tmp_path / "c.parquet")
    import synthkit

    clip = torch.from_numpy(synthkit.load(data, split="test")[7].audio)[None, None]
    expected = toy.conv(clip).mean(2)[0].tolist()
    assert [table[f"code_{d}"][7].as_py() for d in range(2)] == pytest.approx(expected, abs=1e-5)


def test_benchmark_writes_its_tables(data, experiment, tmp_path, capsys):
    out_folder = tmp_path / "bench"
    code, out = said(capsys, "benchmark", experiment, "--data", data, "--seeds", 2, "--out", out_folder)
    assert code == 0
    assert "mean +- s.d. over 2 training(s)" in out.out
    assert {p.name for p in out_folder.iterdir()} == {
        "plain",
        "strong",
        "features",
        "benchmark.json",
        "benchmark.csv",
        "benchmark.md",
        "benchmark.png",
    }
    found = json.loads((out_folder / "benchmark.json").read_text())
    assert found["summary"]["strong"]["mig"]["trainings"] == 2


def test_experiments_are_listed(capsys):
    code, out = said(capsys, "list", "experiments", "--json")
    assert code == 0
    assert "syntone_benchmark" in json.loads(out.out)


SYNTONE = ["train", "syntone_benchmark", "--out", "x"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "syntone_benchmrk", "--out", "x"],
            "no experiment is named 'syntone_benchmrk'; did you mean 'syntone_benchmark'?",
        ),
        ([*SYNTONE, "--variant", "gan"], "no variant is named 'gan'; there are: vae, beta_vae"),
        ([*SYNTONE, "--set", "training.stepz=1"], "training.stepz: unknown field; did you mean 'steps'?"),
        ([*SYNTONE, "--device", "tpu"], "device: must be auto, cpu or cuda, not 'tpu'"),
        ([*SYNTONE, "--data", "/nonexistent"], "/nonexistent"),
        (["encode", "nowhere", "--out", "c.parquet"], "nowhere: holds no training"),
        (["encode", "nowhere", "--out", "c.npz"], "--out: codes are written as .parquet, not .npz"),
        (["benchmark", "syntone_benchmark", "--out", "x", "--variants", "vae,gan"], "no variant is named 'gan'"),
    ],
)
def test_bad_input(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out = said(capsys, *arguments)
    assert code == 2
    assert message in out.err
    assert "Traceback" not in out.err
    assert list(tmp_path.iterdir()) == []


def test_a_gpu_that_is_not_there(experiment, data, tmp_path, capsys):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    code, out = said(capsys, "train", experiment, "--data", data, "--out", tmp_path / "run", "--device", "cuda")
    assert code == 2
    assert "device: a GPU was asked for, but torch sees none here" in out.err


def test_clips_of_another_rate_or_length(run_folder, few_tones, tmp_path, capsys):
    for name, value, message in (("sample_rate", 16000, "trained on 8000 Hz"), ("duration", 0.5, "trained on 2000")):
        recipe = few_tones | {"params": few_tones["params"] | {name: value}}
        build(Recipe.model_validate_json(json.dumps(recipe)), tmp_path / name, workers=1)
        code, out = said(capsys, "encode", run_folder, "--data", tmp_path / name, "--out", tmp_path / "c.parquet")
        assert code == 2
        assert message in out.err


def test_other_clips_are_encoded_first(run_folder, data, capsys):
    code, out = said(capsys, "score", run_folder, "--data", data)
    assert code == 2
    assert "synthkit encode" in out.err


def test_a_variant_with_clips_of_its_own_is_not_trained_on_others(data, tmp_path, capsys):
    arguments = ["train", "syntone_as_published", "--variant", "published_data", "--smoke", "--data", data]
    small = ["--set", "data.limit=200", "--set", "data.test_limit=100", "--set", "training.steps=3"]
    code, out = said(capsys, *arguments, *small, "--out", tmp_path / "x", "--json")
    assert code == 0
    assert "note: this variant has clips of its own (data.recipe syntone_paper); they are made on the fly" in out.err
    assert json.loads((tmp_path / "x" / "data.json").read_text())["source"] == "recipe syntone_paper"


def test_export_gives_the_codes_of_the_training(run_folder, data, tmp_path, capsys):
    code, out = said(capsys, "export", run_folder, "--out", tmp_path / "model.ts")
    assert (code, out.err) == (0, "")
    assert said(capsys, "encode", tmp_path / "model.ts", "--data", data, "--out", tmp_path / "c.parquet")[0] == 0
    mine, theirs = pq.read_table(tmp_path / "c.parquet"), pq.read_table(run_folder / "codes.parquet")
    for d in range(3):
        assert mine[f"code_{d}"].to_pylist() == pytest.approx(theirs[f"code_{d}"].to_pylist(), abs=1e-4)
    code, out = said(capsys, "export", run_folder, "--out", tmp_path / "model.onnx")
    assert code == 2
    assert "TorchScript files are named .ts, not .onnx" in out.err


def test_damaged_weights(run_folder, data, tmp_path, capsys):
    import shutil

    broken = tmp_path / "run"
    shutil.copytree(run_folder, broken)
    (broken / "model.safetensors").write_bytes(b"no weights")
    code, out = said(capsys, "encode", broken, "--data", data, "--out", tmp_path / "c.parquet")
    assert code == 1
    assert "model.safetensors: damaged" in out.err


def test_texts_are_not_for_audio_models(experiment, tmp_path, capsys):
    assert main(["generate", "tictactoe", "--out", str(tmp_path / "t"), "--limit", "50", "--workers", "1"]) == 0
    code, out = said(capsys, "train", experiment, "--data", tmp_path / "t", "--out", tmp_path / "run")
    assert code == 2
    assert "holds texts" in out.err
