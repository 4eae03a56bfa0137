"""On a GPU; skipped where there is none."""

from __future__ import annotations

import pytest
import torch

from synthkit.analysis.run import analyze
from synthkit.train.language.session import train_language_model

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]


@pytest.mark.parametrize("precision", ["no", "bf16", "fp16"])
@pytest.mark.parametrize(
    ("path", "head"), [("tiny:bert", "classification"), ("tiny:t5", "seq2seq"), ("tiny:gpt2", "causal")]
)
def test_a_training_on_a_gpu_is_near_that_on_a_cpu(plan, lists, tmp_path, precision, path, head):
    """Also the look inside, whose sums are on the CPU."""
    changes = {"model__path": path, "model__head": head, "training__learning_rate": 1e-4, "data__test_limit": 8}
    losses = []
    for device, kind in (("cpu", "no"), ("cuda", precision)):
        run = tmp_path / device
        train_language_model(plan(training__precision=kind, **changes), run, data=lists, device=device)
        assert analyze(run, limit=4, device=device).files
        losses.append(float((run / "log.jsonl").read_text().split('"model/loss": ')[1].split(",")[0].rstrip("}\n")))
    assert losses[1] == pytest.approx(losses[0], rel=0.1)
