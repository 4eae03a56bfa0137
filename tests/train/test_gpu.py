"""On a GPU; skipped where there is none."""

from __future__ import annotations

import pytest
import torch

import synthkit
from synthkit.train.training import train

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]


@pytest.mark.parametrize("precision", ["no", "bf16", "fp16"])
def test_a_training_on_a_gpu_is_near_that_on_a_cpu(experiment, tones, tmp_path, precision):
    plan = experiment("training.steps=60")
    cpu = train(plan, tmp_path / "cpu", data=tones, device="cpu")
    gpu = train(
        experiment("training.steps=60", f"training.precision={precision}"), tmp_path / "gpu", data=tones, device="cuda"
    )
    mse = cpu.evaluation["reconstruction"]["mse"]
    assert gpu.evaluation["reconstruction"]["mse"] == pytest.approx(mse, rel=0.2)


def test_a_stream_onto_a_gpu(recipe_file):
    batch = next(iter(synthkit.stream(str(recipe_file), "test", 8, device="cuda")))
    assert batch["audio"].device.type == "cuda"
