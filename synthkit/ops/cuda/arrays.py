"""Arrays in the memory of a GPU: ours, and those of torch, CuPy and JAX, without copies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.cuda.formats import FORMATS, Format, by_dlpack, by_numpy
from synthkit.ops.cuda.module import module, working
from synthkit.ops.cuda.streams import current_stream, stream_handle

__all__ = ["DeviceArray", "View", "allocate", "is_device_array", "to_device", "view"]

_CUDA, _CUDA_MANAGED = 2, 13  # of DLPack


class DeviceArray:
    """An array of ours on a GPU, C order. `numpy` copies it to the host; other libraries take it as it is.

    ``torch.from_dlpack(a)``, ``cupy.from_dlpack(a)`` and ``jax.dlpack.from_dlpack(a)`` share its memory, and so does
    whatever reads the ``__cuda_array_interface__`` (Numba, ``torch.as_tensor``). Work that is queued on it is waited
    for by the stream that takes it.

    Attributes:
        shape: Lengths of the axes.
        format: Name of the type, as torch has it; ``bfloat16`` is what NumPy lacks.
        device: Number of the GPU.
        stream: Handle of the stream that writes it, 0 for CUDA's default.
    """

    def __init__(self, buffer: Any, shape: tuple[int, ...], format: Format, stream: int) -> None:
        self._buffer, self._format = buffer, format
        self.shape, self.device, self.stream = shape, int(buffer.device), stream

    @property
    def format(self) -> str:
        """Name of the type of its numbers."""
        return self._format.name

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's type; for bfloat16 that of its bits, uint16."""
        return self._format.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of its numbers."""
        return self.size * self.dtype.itemsize

    @property
    def address(self) -> int:
        """Of the first number, on the device."""
        return int(self._buffer.address)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"DeviceArray({self.format} {list(self.shape)} on cuda:{self.device})"

    def reshape(self, *shape: Any) -> DeviceArray:
        """The same numbers with other axes; one length may be -1."""
        wanted = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        known = math.prod(n for n in wanted if n != -1)
        full = tuple(self.size // max(known, 1) if n == -1 else int(n) for n in wanted)
        if math.prod(full) != self.size:
            raise InputError(f"shape: {list(self.shape)} cannot become {list(wanted)}")
        return DeviceArray(self._buffer, full, self._format, self.stream)

    def numpy(self) -> npt.NDArray[Any]:
        """A copy on the host, which waits for the work that writes it; bfloat16 as its bits, uint16."""
        out = np.empty(self.shape, self.dtype)
        if out.size:
            with working("copying from the GPU", self.device) as cuda:
                cuda.memory.download(out.reshape(-1), self.address, stream=self.stream)
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if copy is False:
            raise ValueError("an array on a GPU cannot become a NumPy array without a copy")
        return self.numpy() if dtype is None else self.numpy().astype(dtype)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        if self._format.code == FORMATS["bfloat16"].code:
            raise AttributeError("the CUDA array interface has no bfloat16; use from_dlpack")
        self._buffer.share()
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.address, False),
            "strides": None,
            "version": 3,
            "stream": self.stream or 1,
        }

    def __dlpack_device__(self) -> tuple[int, int]:
        return _CUDA, self.device

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        if copy or (dl_device is not None and tuple(dl_device) != self.__dlpack_device__()):
            raise BufferError("DLPack: only the array itself is handed out; numpy() copies it")
        self._buffer.share()
        if stream != -1:
            module().memory.order(self.stream, 0 if stream is None else stream_handle(stream), device=self.device)
        return module().dlpack.export_array(
            self,
            self.address,
            list(self.shape),
            code=self._format.code,
            bits=self._format.bits,
            device=self.device,
            versioned=max_version is not None and max_version[0] >= 1,
        )


@dataclass(frozen=True, slots=True)
class View:
    """Memory of a GPU that another library owns.

    Attributes:
        address: Of the first number.
        shape: Lengths of the axes.
        strides: Distances along the axes, in numbers, not bytes.
        format: Type of the numbers.
        device: Number of the GPU.
        stream: The owner's stream, whose work on the array comes first.
        read_only: It may not be written.
        owner: What keeps the memory alive.
    """

    address: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    format: Format
    device: int
    stream: int
    read_only: bool
    owner: Any

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def contiguous(self) -> bool:
        """Whether it is in C order without gaps."""
        return self.strides == _dense(self.shape) or 0 in self.shape


def is_device_array(value: Any) -> bool:
    """Whether it is an array in a GPU's memory: ours, or one with a protocol that says so."""
    if isinstance(value, np.ndarray):
        return False
    try:
        if hasattr(value, "__dlpack_device__"):
            return int(value.__dlpack_device__()[0]) in (_CUDA, _CUDA_MANAGED)
        return hasattr(value, "__cuda_array_interface__")
    except (TypeError, ValueError, RuntimeError, BufferError, AttributeError):
        return False


def view(value: Any, name: str) -> View:
    """Another library's array by its protocol: the CUDA array interface, else DLPack.

    Args:
        value: Of torch, CuPy, JAX, Numba, or a `DeviceArray`.
        name: Of the argument, for errors.

    Raises:
        InputError: It is on no GPU, or of a type that no kernel knows.
    """
    if isinstance(value, DeviceArray):
        return _own(value)
    try:
        interface = getattr(value, "__cuda_array_interface__", None)
    except (TypeError, RuntimeError, ValueError):  # torch: a tensor that wants a gradient, or is bfloat16
        interface = None
    # The interface has no bfloat16: torch calls it two bytes of no type there.
    if interface is not None and (by_numpy(np.dtype(interface["typestr"])) or not hasattr(value, "__dlpack__")):
        return _by_interface(value, interface, name)
    if not hasattr(value, "__dlpack__"):
        raise InputError(f"{name}: must be an array on a GPU, not {type(value).__name__}")
    return _by_dlpack(value, name)


def allocate(shape: tuple[int, ...], format: str, device: int, stream: int) -> DeviceArray:
    """Memory that holds nothing yet.

    Raises:
        WorkError: The GPU has not that much.
    """
    known = FORMATS[format]
    with working("allocating on the GPU", device) as cuda:
        buffer = cuda.memory.Buffer(math.prod(shape) * known.dtype.itemsize, device=device, stream=stream)
    return DeviceArray(buffer, shape, known, stream)


def to_device(values: npt.NDArray[Any], device: int, stream: int) -> DeviceArray:
    """A copy of a NumPy array, of a type that a kernel knows; the array may be changed on return."""
    known = by_numpy(values.dtype)
    if known is None:
        raise InputError(f"no kernel for GPUs takes {values.dtype}")
    out = allocate(values.shape, known.name, device, stream)
    if values.size:
        with working("copying to the GPU", device) as cuda:
            cuda.memory.upload(out.address, np.ascontiguousarray(values), stream=stream)
    return out


def _own(array: DeviceArray) -> View:
    strides = _dense(array.shape)
    known = FORMATS[array.format]
    return View(array.address, array.shape, strides, known, array.device, array.stream, False, array)


def _dense(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides: list[int] = []
    step = 1
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return tuple(reversed(strides))


def _by_interface(value: Any, interface: dict[str, Any], name: str) -> View:
    dtype = np.dtype(interface["typestr"])
    known = by_numpy(dtype)
    if known is None:
        raise InputError(f"{name}: must be of {', '.join(FORMATS)}, not {dtype}")
    shape = tuple(int(n) for n in interface["shape"])
    given = interface.get("strides")
    if given is not None and any(step % dtype.itemsize for step in given):
        raise InputError(f"{name}: its numbers are not aligned to their {dtype.itemsize} bytes")
    strides = _dense(shape) if given is None else tuple(int(step) // dtype.itemsize for step in given)
    address, read_only = interface["data"]
    if int(address) % dtype.itemsize:
        raise InputError(f"{name}: must be aligned to its {dtype.itemsize}-byte numbers")
    device = _located(int(address), name) if math.prod(shape) else 0
    stream = interface.get("stream")
    handle = current_stream(value, device) if stream is None else stream_handle(stream)
    return View(int(address), shape, strides, known, device, handle, bool(read_only), value)


def _by_dlpack(value: Any, name: str) -> View:
    kind, device = (int(n) for n in value.__dlpack_device__())
    if kind not in (_CUDA, _CUDA_MANAGED):
        raise InputError(f"{name}: must be on a GPU; it is on DLPack's device {kind}")
    stream = current_stream(value, device)
    try:
        capsule = value.__dlpack__(stream=stream or 1)
    except (BufferError, RuntimeError, TypeError) as error:
        raise InputError(f"{name}: cannot be taken as it is: {error}") from error
    with working(f"reading {name}") as cuda:
        found, owner = cuda.dlpack.import_array(capsule)
    known = by_dlpack(found["code"], found["bits"])
    if known is None:
        raise InputError(f"{name}: must be of {', '.join(FORMATS)}")
    if found["address"] % known.dtype.itemsize:
        raise InputError(f"{name}: must be aligned to its {known.dtype.itemsize}-byte numbers")
    return View(
        int(found["address"]), found["shape"], found["strides"], known, int(found["device"]), stream,
        bool(found["read_only"]), (value, owner),
    )  # fmt: skip


def _located(address: int, name: str) -> int:
    with working(f"reading {name}") as cuda:
        device = int(cuda.memory.locate(address))
    if device < 0:
        raise InputError(f"{name}: its memory belongs to no GPU")
    return device
