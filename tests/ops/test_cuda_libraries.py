"""Arrays of torch, CuPy and JAX on a GPU; skipped where there is no GPU, or not the library."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthkit.errors import InputError
from synthkit.ops import joint, tone
from synthkit.ops.cuda import arrays
from synthkit.ops.cuda.module import why_not

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.skipif(bool(why_not()), reason="no kernels for GPUs"),
]

TONES = {"waveform": ["sine", "square", "triangle"], "frequency": 440.0, "amplitude": 0.3}
SHAPE = {"sample_rate": 16000, "num_samples": 1000}
TYPES = {"float32": torch.float32, "int16": torch.int16, "bfloat16": torch.bfloat16}


def wanted(dtype="float32"):
    found = torch.from_numpy(tone.render(**TONES, **SHAPE, dtype=dtype))
    return found.view(torch.bfloat16) if dtype == "bfloat16" else found


@pytest.mark.parametrize("dtype", TYPES)
def test_torch_takes_and_gives(dtype):
    gpu = tone.render(**TONES, **SHAPE, dtype=dtype, device="cuda")
    taken = torch.from_dlpack(gpu)
    assert taken.dtype == TYPES[dtype]
    assert taken.data_ptr() == gpu.address
    assert torch.equal(taken.cpu(), wanted(dtype))
    out = torch.empty(3, 1003, dtype=TYPES[dtype], device="cuda")[:, 1:1001]
    assert tone.render(**TONES, **SHAPE, dtype=dtype, device="cuda", out=out) is out
    assert torch.equal(out.cpu(), wanted(dtype))


def test_memory_outlives_our_array():
    taken = torch.from_dlpack(tone.render(**TONES, **SHAPE, device="cuda"))
    torch.empty(10_000_000, device="cuda").fill_(3.0)
    assert torch.equal(taken.cpu(), wanted())


def test_a_stream_of_torch_is_kept_to():
    """What torch had queued before on its stream comes first, and what it queues afterwards comes last."""
    side = torch.cuda.Stream()
    out = torch.zeros(3, 1000, device="cuda")
    large = torch.ones(4096, 4096, device="cuda")
    torch.cuda.synchronize()
    with torch.cuda.stream(side):
        for _ in range(20):
            large = large @ large / 4096  # keeps the stream busy
        out.fill_(7.0)
        tone.render(**TONES, **SHAPE, device="cuda", out=out)
        doubled = out * 2
    assert not side.query()  # nothing was waited for
    side.synchronize()
    assert torch.equal(out.cpu(), wanted())
    assert torch.equal(doubled.cpu(), wanted() * 2)


def test_a_stream_that_is_named():
    side = torch.cuda.Stream()
    out = torch.empty(3, 1000, device="cuda")
    torch.cuda.current_stream().synchronize()
    tone.render(**TONES, **SHAPE, device="cuda", out=out, stream=side)
    side.synchronize()
    assert torch.equal(out.cpu(), wanted())


def test_tensors_that_are_refused():
    with pytest.raises(InputError, match=r"out: .*requires? grad|out: cannot be taken"):
        tone.render(**TONES, **SHAPE, device="cuda", out=torch.empty(3, 1000, device="cuda", requires_grad=True))
    with pytest.raises(InputError, match="out: must be on a GPU"):
        tone.render(**TONES, **SHAPE, device="cuda", out=torch.empty(3, 1000))
    with pytest.raises(InputError, match="side by side"):
        tone.render(**TONES, **SHAPE, device="cuda", out=torch.empty(1000, 3, device="cuda").T)


def test_codes_of_torch():
    codes = torch.randn(2, 500, 4, dtype=torch.float64, device="cuda")
    gpu = joint.cut(codes, bins=9, method="quantile", device="cuda")
    np.testing.assert_array_equal(gpu.index.numpy(), joint.cut(codes.cpu().numpy(), bins=9, method="quantile").index)
    with pytest.raises(InputError, match="codes: must be float64 on a GPU, not float32"):
        joint.cut(codes.float(), bins=9, method="quantile", device="cuda")


@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_cupy(dtype):
    cupy = pytest.importorskip("cupy")
    gpu = tone.render(**TONES, **SHAPE, dtype=dtype, device="cuda")
    np.testing.assert_array_equal(cupy.asnumpy(cupy.from_dlpack(gpu)), wanted(dtype).numpy())
    with cupy.cuda.Stream():
        out = cupy.empty((3, 1000), dtype)
        tone.render(**TONES, **SHAPE, dtype=dtype, device="cuda", out=out)
        np.testing.assert_array_equal(cupy.asnumpy(out), wanted(dtype).numpy())


def test_jax():
    jax = pytest.importorskip("jax")
    if not any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("this JAX has no GPU")
    gpu = tone.render(**TONES, **SHAPE, device="cuda")
    np.testing.assert_array_equal(np.asarray(jax.dlpack.from_dlpack(gpu)), wanted().numpy())
    codes = jax.numpy.asarray(np.random.default_rng(0).normal(size=(1, 50, 2)).astype(np.float32))
    assert arrays.is_device_array(codes)


def test_numba():
    cuda = pytest.importorskip("numba.cuda")
    gpu = tone.render(**TONES, **SHAPE, device="cuda")
    np.testing.assert_array_equal(cuda.as_cuda_array(gpu).copy_to_host(), wanted().numpy())
