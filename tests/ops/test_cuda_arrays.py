"""Arrays on a GPU as other libraries see them, and theirs as ours. Without a GPU the emulator stands in for one."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from synthkit.errors import InputError, WorkError
from synthkit.ops.cuda import arrays
from synthkit.ops.cuda.module import UnavailableError, device_number, is_cuda, why_not
from synthkit.ops.cuda.streams import stream_handle

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("cuda")]


class Numba:
    """Somebody's array that knows the CUDA array interface only."""

    def __init__(self, array, **changes):
        self.array, self.changes = array, changes

    @property
    def __cuda_array_interface__(self):
        return {**self.array.__cuda_array_interface__, **self.changes}


class Jax:
    """Somebody's array that knows DLPack only."""

    def __init__(self, array, read_only=False):
        self.array = array

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def __dlpack__(self, **arguments):
        return self.array.__dlpack__(**arguments)


class Torch(Jax):
    """A tensor of bfloat16: its interface calls the type two bytes of nothing."""

    @property
    def __cuda_array_interface__(self):
        return {"shape": self.array.shape, "typestr": "<V2", "data": (self.array.address, False), "version": 2}


def make(values):
    return arrays.to_device(np.asarray(values), 0, 0)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32", "int64", "uint16", "uint32"])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 5), (2, 3, 4)])
def test_there_and_back(dtype, shape):
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    there = make(values)
    assert (there.shape, there.dtype, there.nbytes, there.size) == (shape, values.dtype, values.nbytes, values.size)
    np.testing.assert_array_equal(there.numpy(), values, strict=True)
    np.testing.assert_array_equal(np.asarray(there), values, strict=True)
    for other in (there, Numba(there), Jax(there)):
        found = arrays.view(other, "codes")
        assert (found.address, found.shape, found.format.name, found.device) == (there.address, shape, dtype, 0)
        assert found.contiguous
        assert not found.read_only


def test_a_large_array_takes_the_way_around_the_pinned_pieces():
    values = np.arange(2**20, dtype=np.float64)
    np.testing.assert_array_equal(make(values).numpy(), values)


def test_a_source_may_be_changed_at_once():
    values = np.arange(1000.0)
    there = make(values)
    values[:] = -1
    np.testing.assert_array_equal(there.numpy(), np.arange(1000.0))


def test_reshape_shares_the_memory():
    there = make(np.arange(6.0))
    again = there.reshape(2, -1)
    assert again.address == there.address
    np.testing.assert_array_equal(again.numpy(), np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(there.reshape((3, 2)).numpy(), np.arange(6.0).reshape(3, 2))
    with pytest.raises(InputError, match=r"\[6\] cannot become \(4, -1\)|\[6\] cannot become \[4, -1\]"):
        there.reshape(4, -1)


def test_memory_goes_back(cuda):
    if not hasattr(cuda, "emulator"):
        pytest.skip("a GPU's memory is shared with others")
    gc.collect()
    before = cuda.emulator.in_use()
    there = make(np.zeros(1000))
    capsule, versioned = there.__dlpack__(), there.__dlpack__(max_version=(1, 0))
    _, owner = cuda.dlpack.import_array(versioned)
    del there, versioned
    assert cuda.emulator.in_use() == before + 8000  # both capsules hold on to it
    del capsule, owner
    assert cuda.emulator.in_use() == before


def test_a_capsule_is_taken_once(cuda):
    capsule = make(np.zeros(3)).__dlpack__()
    cuda.dlpack.import_array(capsule)
    with pytest.raises(ValueError, match="taken before"):
        cuda.dlpack.import_array(capsule)
    with pytest.raises(ValueError, match="no DLPack capsule"):
        cuda.dlpack.import_array(object())


def test_dlpack_refuses_what_would_need_a_copy():
    there = make(np.zeros(3))
    assert there.__dlpack_device__() == (2, 0)
    for arguments in ({"copy": True}, {"dl_device": (1, 0)}):
        with pytest.raises(BufferError, match="numpy"):
            there.__dlpack__(**arguments)
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(there, copy=False)


def test_bfloat16_goes_by_dlpack_alone():
    there = arrays.allocate((4,), "bfloat16", 0, 0)
    assert there.format == "bfloat16"
    assert there.dtype == np.uint16
    assert not hasattr(there, "__cuda_array_interface__")
    assert arrays.view(Jax(there), "out").format.name == "bfloat16"
    assert arrays.view(Torch(there), "out").format.name == "bfloat16"


def test_strides_are_in_numbers():
    there = make(np.zeros((4, 6), np.float32))
    found = arrays.view(Numba(there, shape=(2, 6), strides=(48, 4)), "out")
    assert found.strides == (12, 1)
    assert not found.contiguous


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"typestr": "<c8"}, "out: must be of float32, .*, not complex64"),
        ({"strides": (3,)}, "out: its numbers are not aligned to their 8 bytes"),
    ],
)
def test_arrays_that_no_kernel_takes(changes, message):
    with pytest.raises(InputError, match=message):
        arrays.view(Numba(make(np.zeros(4)), **changes), "out")


def test_an_address_that_is_not_aligned_or_on_no_gpu():
    there = make(np.zeros(4))
    with pytest.raises(InputError, match="out: must be aligned to its 8-byte numbers"):
        arrays.view(Numba(there, data=(there.address + 4, False)), "out")
    host = np.zeros(100_000)
    with pytest.raises(InputError, match="out: its memory belongs to no GPU"):
        arrays.view(Numba(there, data=(host.ctypes.data, False)), "out")


@pytest.mark.parametrize("other", [[1.0, 2.0], "cuda", None])
def test_no_array_at_all(other):
    assert not arrays.is_device_array(other)
    with pytest.raises(InputError, match="out: must be an array on a GPU, not"):
        arrays.view(other, "out")


def test_arrays_of_the_host_are_none_of_a_gpu():
    host = np.zeros(3)
    assert not arrays.is_device_array(host)
    with pytest.raises(InputError, match="codes: must be on a GPU; it is on DLPack's device 1"):
        arrays.view(host, "codes")
    assert arrays.is_device_array(make(host))
    assert arrays.is_device_array(Numba(make(host)))
    assert arrays.is_device_array(Jax(make(host)))


def test_torch_tensors_of_the_host_are_none_of_a_gpu():
    torch = pytest.importorskip("torch")
    assert not arrays.is_device_array(torch.zeros(3))
    with pytest.raises(InputError, match="codes: must be on a GPU"):
        arrays.view(torch.zeros(3), "codes")


class Stream:
    def __init__(self, **handles):
        self.__dict__.update(handles)


@pytest.mark.parametrize(
    ("stream", "handle"), [(0, 0), (1, 0), (7, 7), (Stream(cuda_stream=9), 9), (Stream(ptr=1), 0), (np.int64(5), 5)]
)
def test_streams(stream, handle):
    assert stream_handle(stream) == handle


@pytest.mark.parametrize("stream", [-2, True, "0", 1.0, Stream(ptr="x")])
def test_what_is_no_stream(stream):
    with pytest.raises(InputError, match="stream: must be a handle"):
        stream_handle(stream)


def test_names_of_devices():
    assert [is_cuda(name) for name in ("cuda", "cuda:0", "cuda:12", "cpu", "cuda:", "gpu", 0)] == [True] * 3 + [
        False
    ] * 4
    assert why_not() == ""
    assert device_number("cuda") == device_number("cuda:0") == 0
    with pytest.raises(UnavailableError, match="there is no cuda:99"):
        device_number("cuda:99")
    with pytest.raises(InputError, match="must be 'cuda' or 'cuda:N'"):
        device_number("gpu")


def test_no_device_and_no_memory(cuda):
    if not hasattr(cuda, "emulator"):
        pytest.skip("the GPU cannot be taken out")
    cuda.emulator.set_memory(1000)
    with pytest.raises(WorkError, match="the GPU has not enough free memory; ask for less at a time"):
        make(np.zeros(1000))
    cuda.emulator.set_devices(0)
    assert why_not() == "no NVIDIA driver is installed"
    with pytest.raises(UnavailableError, match=r"cuda was asked for: no NVIDIA driver.*synthkit doctor"):
        device_number("cuda")


def test_a_failure_of_the_device_is_told(cuda):
    from synthkit.ops import tone

    if not hasattr(cuda, "emulator"):
        pytest.skip("a GPU that failed is of no use to later tests")
    cuda.emulator.fail_next_launch()
    with pytest.raises(WorkError, match="preparing tones: prepare_tones: "):
        tone.render("sine", 440.0, 0.5, sample_rate=8000, num_samples=10, device="cuda")
