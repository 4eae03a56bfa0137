"""Scores from a GPU's kernels are those of the CPU's."""

from __future__ import annotations

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.metrics import evaluate
from synthkit.ops.cuda.arrays import to_device
from synthkit.ops.cuda.module import UnavailableError

pytestmark = pytest.mark.gpu


def problem(models=2, rows=240):
    rng = np.random.default_rng(0)
    factors = np.column_stack([rng.integers(0, 4, rows), rng.integers(0, 3, rows), rng.integers(0, 5, rows)])
    codes = rng.normal(size=(models, rows, 4)) * 0.3
    codes[:, :, :3] += factors
    codes[1, :, 3] = 1.0  # a dead code
    return factors, codes


@pytest.mark.parametrize("convention", ["default", "dlib", "infomec"])
def test_all_metrics(convention, cuda):
    factors, codes = problem()
    cpu = evaluate(factors=factors, codes=codes, convention=convention)
    gpu = evaluate(factors=factors, codes=codes, convention=convention, device="cuda")
    assert set(cpu.metrics) == set(gpu.metrics)
    for name, value in cpu.metrics.items():
        np.testing.assert_array_equal(gpu.metrics[name], value, err_msg=name)
    for name, matrix in cpu.matrices.items():
        np.testing.assert_array_equal(gpu.matrices[name], matrix, err_msg=name)


def test_intervals(cuda):
    factors, codes = problem(models=2, rows=120)
    arguments = {"factors": factors, "codes": codes, "metrics": "mig,irs,factor_vae,info_m", "bootstrap": 5}
    cpu, gpu = evaluate(**arguments), evaluate(**arguments, device="cuda:0")
    for name, interval in cpu.intervals.items():
        np.testing.assert_array_equal(gpu.intervals[name].low, interval.low, err_msg=name)
        np.testing.assert_array_equal(gpu.intervals[name].high, interval.high, err_msg=name)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_codes_in_a_gpus_memory(device, cuda):
    factors, codes = problem()
    for batch in (codes, codes[0]):
        wanted = evaluate(factors=factors, codes=batch, metrics="mig,irs")
        found = evaluate(factors=factors, codes=to_device(batch, 0, 0), metrics="mig,irs", device=device)
        for name, value in wanted.metrics.items():
            np.testing.assert_array_equal(found.metrics[name], value, err_msg=name)
    codes[1, 7, 2] = np.nan
    with pytest.raises(InputError, match="codes: not finite at model 1, row 7, code 2"):
        evaluate(factors=factors, codes=to_device(codes, 0, 0), device=device)


def test_a_gpu_that_is_not_there(monkeypatch):
    monkeypatch.setattr("synthkit.ops.cuda.module.why_not", lambda: "no driver")
    factors, codes = problem()
    with pytest.raises(UnavailableError, match="device: cuda was asked for: no driver"):
        evaluate(factors=factors, codes=codes, device="cuda")
