"""The training loop: resume is exact, mixed turns, accumulation, averages, early stopping, NaN, damaged checkpoints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from cut_short import Stop, stop_at
from safetensors.torch import load_file

from synthkit.cli import main
from synthkit.errors import InputError, WorkError
from synthkit.train.experiment import Training
from synthkit.train.log import read_log
from synthkit.train.optimizers import learning_rate
from synthkit.train.training import train

FACTOR_VAE = {"name": "factor_vae", "latent": 4, "channels": [4, 4], "hidden": [8], "units": 16}
RAVE = {
    "name": "rave",
    "bands": 4,
    "capacity": 4,
    "latent": 4,
    "ratios": [4, 2],
    "dilations": [1],
    "noise_ratios": [4, 2],
    "windows": [256, 64],
    "scales": 1,
    "discriminator_capacity": 2,
    "phase_1_steps": 6,
}
WAVE = {"kind": "waveform", "normalization": "none"}


def weights(out):
    return load_file(out / "model.safetensors")


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name, value in a.items():
        assert torch.equal(value, b[name]), name


CASES = {
    "vae": {},
    "factor_vae": {"model": FACTOR_VAE},
    "rave": {"model": RAVE, "features": WAVE},
    "averaged, cosine, accumulated": {
        "training": {
            "steps": 12,
            "batch_size": 16,
            "checkpoint_every": 4,
            "log_every": 1,
            "ema": 0.9,
            "schedule": "cosine",
            "warmup_steps": 3,
            "accumulate": 2,
            "clip_norm": 1.0,
            "weight_decay": 0.01,
        }
    },
    "early stopping": {
        "training": {
            "steps": 12,
            "batch_size": 16,
            "checkpoint_every": 4,
            "log_every": 1,
            "validate_every": 2,
            "patience": 20,
        }
    },
    "pairs": {"model": {"name": "ada_gvae", "latent": 4, "channels": [4], "hidden": []}, "views": {"share": None}},
    "views": {
        "model": {"name": "barlow_twins", "encoder": "resnet18", "width": 2, "projector": [8, 8]},
        "views": {"waveform": [{"name": "noise"}], "mel": [{"name": "time_mask"}]},
    },
}


@pytest.mark.parametrize("case", CASES)
def test_a_stopped_training_goes_on_as_if_it_had_not_been(experiment, tmp_path, case):
    plan = experiment(**CASES[case])
    features = tmp_path / "features"
    whole = train(plan, tmp_path / "whole", features=features)
    with pytest.raises(Stop):
        train(plan, tmp_path / "cut", features=features, on_progress=stop_at(6))
    again = train(plan, tmp_path / "cut", features=features)
    assert (whole.resumed_from, again.resumed_from) == (0, 4)
    assert_same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    assert read_log(tmp_path / "whole" / "log.jsonl") == read_log(tmp_path / "cut" / "log.jsonl")
    assert whole.evaluation == again.evaluation


def test_a_killed_process_goes_on(experiment, tmp_path, capsys):
    plan = experiment("training.steps=40", "training.checkpoint_every=5")
    whole = train(plan, tmp_path / "whole")
    (tmp_path / "plan.json").write_text(plan.pretty_json())
    command = [sys.executable, "-m", "synthkit", "train", str(tmp_path / "plan.json"), "--out", str(tmp_path / "cut")]
    process = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, start_new_session=True, text=True)
    checkpoints = tmp_path / "cut" / "checkpoints"
    begun = time.monotonic()
    while not list(checkpoints.glob("step-*")) and process.poll() is None and time.monotonic() - begun < 300:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
    process.communicate(timeout=120)
    assert main([*command[3:], "--json"]) == 0  # a process of its own would end the same, and take longer
    assert json.loads(capsys.readouterr().out)["metrics"] == whole.evaluation["metrics"]
    assert_same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))


def test_what_is_finished_is_not_done_again(experiment, tmp_path):
    plan = experiment()
    first = train(plan, tmp_path / "run")
    before = (tmp_path / "run" / "model.safetensors").stat().st_mtime_ns
    stages = []
    again = train(plan, tmp_path / "run", on_progress=lambda stage, *_: stages.append(stage))
    assert stages == []
    assert again.evaluation == first.evaluation
    assert (tmp_path / "run" / "model.safetensors").stat().st_mtime_ns == before


def test_only_the_evaluation_is_done_again_where_it_is_missing(experiment, tmp_path):
    plan = experiment()
    first = train(plan, tmp_path / "run")
    (tmp_path / "run" / "evaluation.json").unlink()
    stages = []
    again = train(plan, tmp_path / "run", on_progress=lambda stage, *_: stages.append(stage))
    assert "training" not in stages
    assert again.evaluation == first.evaluation


@pytest.mark.parametrize("damage", ["cut", "flipped", "no state", "bad state"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before_and_says_so(experiment, tmp_path, damage):
    plan = experiment()
    whole = train(plan, tmp_path / "whole")
    with pytest.raises(Stop):
        train(plan, tmp_path / "cut", on_progress=stop_at(10))
    last = tmp_path / "cut" / "checkpoints" / "step-00000008"
    path = last / "model.safetensors"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "flipped":
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))
    elif damage == "no state":
        (last / "state.json").unlink()
    else:
        (last / "state.json").write_text("{")
    again = train(plan, tmp_path / "cut")
    assert again.resumed_from == 4
    assert any(
        "step-00000008: damaged" in warning and "the checkpoint before it" in warning for warning in again.warnings
    )
    assert again.evaluation["metrics"] == whole.evaluation["metrics"]
    assert_same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))


def test_two_parts_of_a_batch_are_the_batch(experiment, tmp_path):
    """An autoencoder draws nothing, so that parts and whole must agree up to rounding."""
    model = {"name": "ae", "latent": 4, "channels": [4, 4], "hidden": [8]}
    one = train(experiment(model=model), tmp_path / "one")
    two = train(experiment("training.accumulate=2", model=model), tmp_path / "two")
    for name, value in weights(tmp_path / "one").items():
        torch.testing.assert_close(value, weights(tmp_path / "two")[name], rtol=1e-3, atol=1e-4)
    assert one.steps == two.steps


def test_the_seed_decides(experiment, tmp_path):
    first, again, other = (experiment(f"seed={seed}") for seed in (1, 1, 2))
    for plan, name in ((first, "a"), (again, "b"), (other, "c")):
        train(plan, tmp_path / name)
    assert_same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not torch.equal(
        weights(tmp_path / "a")["encoder.stages.0.weight"], weights(tmp_path / "c")["encoder.stages.0.weight"]
    )


def test_a_training_leaves_the_random_numbers_of_its_caller_alone(experiment, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(experiment(), tmp_path / "run")
    assert torch.equal(torch.rand(3), expected)


def test_averaged_weights_are_those_of_the_formula(experiment, tmp_path):
    """With a decay of 0.5 the average after two steps is w0 / 4 + w1 / 4 + w2 / 2."""
    from synthkit.train.trained import load_run

    kept = {}
    for steps in (1, 2):
        train(experiment(f"training.steps={steps}"), tmp_path / f"plain{steps}")
        kept[steps] = weights(tmp_path / f"plain{steps}")["encoder.stages.0.weight"]
    plan = experiment("training.steps=2", "training.ema=0.5")
    train(plan, tmp_path / "averaged")
    from synthkit.train.trained import make_model

    start = make_model(plan, load_run(tmp_path / "averaged").extractor, 8000, 144).state_dict()
    expected = start["encoder.stages.0.weight"] / 4 + kept[1] / 4 + kept[2] / 2
    torch.testing.assert_close(weights(tmp_path / "averaged")["encoder.stages.0.weight"], expected)


def test_early_stopping_keeps_the_best_weights(experiment, tmp_path):
    plan = experiment(
        "training.steps=400",
        "training.learning_rate=0.2",
        "training.validate_every=1",
        "training.patience=5",
        "training.checkpoint_every=1000",
    )
    found = train(plan, tmp_path / "run")
    assert found.stopped_early
    assert found.steps < 400
    losses = {
        line["step"]: line["validation/loss"]
        for line in read_log(tmp_path / "run" / "log.jsonl")
        if "validation/loss" in line
    }
    best = min(losses, key=losses.get)
    assert found.steps == best + 5
    exact = train(
        experiment(f"training.steps={best}", "training.learning_rate=0.2", "training.checkpoint_every=1000"),
        tmp_path / "exact",
    )
    assert exact.steps == best
    assert_same(weights(tmp_path / "run"), weights(tmp_path / "exact"))


def test_a_term_that_is_not_finite_is_named_with_its_step(experiment, tmp_path):
    plan = experiment("training.learning_rate=1e30", "training.steps=50")
    with pytest.raises(WorkError, match=r"step \d+: term '(loss|reconstruction|kl)' is (nan|inf); checkpoints hold"):
        train(plan, tmp_path / "run")


@pytest.mark.parametrize(
    ("settings", "step", "share"),
    [
        ({"warmup_steps": 4}, 0, 0.25),
        ({"warmup_steps": 4}, 3, 1.0),
        ({"warmup_steps": 4}, 50, 1.0),
        ({"schedule": "cosine", "steps": 100}, 0, 1.0),
        ({"schedule": "cosine", "steps": 100}, 50, 0.5),
        ({"schedule": "cosine", "steps": 110, "warmup_steps": 10}, 110, 0.0),
    ],
)
def test_learning_rate_schedules(settings, step, share):
    assert learning_rate(Training(**settings), step) == pytest.approx(share, abs=1e-12)


def test_mixed_precision_on_a_cpu(experiment, tmp_path):
    found = train(experiment("training.precision=bf16"), tmp_path / "run", device="cpu")
    assert found.steps == 12
    plain = train(experiment(), tmp_path / "plain", device="cpu")
    assert found.evaluation["reconstruction"]["mse"] == pytest.approx(
        plain.evaluation["reconstruction"]["mse"], rel=0.1
    )


def test_two_processes_train_as_one(experiment, tmp_path):
    """torchrun with gloo: a batch in two halves; an autoencoder draws nothing, so the weights agree up to rounding."""
    plan = experiment(model={"name": "ae", "latent": 4, "channels": [4, 4], "hidden": [8]})
    (tmp_path / "plan.json").write_text(plan.pretty_json())
    one = train(plan, tmp_path / "one", device="cpu")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "synthkit"]
    command += ["train", str(tmp_path / "plan.json"), "--out", str(tmp_path / "two"), "--device", "cpu", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == 1  # one process tells
    assert json.loads(lines[0])["steps"] == one.steps
    for name, value in weights(tmp_path / "one").items():
        torch.testing.assert_close(value, weights(tmp_path / "two")[name], rtol=2e-3, atol=2e-4)


def test_a_batch_that_processes_or_parts_cannot_share(experiment, tmp_path):
    with pytest.raises(InputError, match=r"training.accumulate: a batch of 16 cannot be cut into 3 equal parts"):
        experiment("training.accumulate=3")
    assert not (tmp_path / "run").exists()
