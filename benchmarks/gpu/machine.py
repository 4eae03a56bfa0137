"""What the benchmarks need of a GPU: memory and time, by torch; for a smoke run without one, by the tests' emulator."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import time
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from synthkit import __version__, _core
from synthkit.ops.cuda import arrays
from synthkit.ops.cuda import module as cuda_module

__all__ = ["EmulatedGpu", "Gpu", "NoGpuError", "TorchGpu", "find", "rotation"]

_ROOT = Path(__file__).resolve().parents[2]
_WARM_UP = 3
_LEAST_ROTATED = 512e6


class NoGpuError(Exception):
    """There is nothing to measure on."""


class Gpu(Protocol):
    """One GPU.

    Attributes:
        emulated: It is the CPU that plays one; its times mean nothing.
        stream: Handle of the stream that is timed.
    """

    emulated: bool
    stream: int

    def about(self) -> dict[str, Any]:
        """Device and versions; nothing that changes from run to run."""

    def free_bytes(self) -> int:
        """Memory that can be asked for."""

    def l2_bytes(self) -> int:
        """Size of the second-level cache."""

    def empty(self, shape: tuple[int, ...], format: str) -> Any:
        """An array in the GPU's memory; formats are named as in `synthkit.ops.cuda.formats`."""

    def put(self, values: npt.NDArray[Any]) -> Any:
        """A copy of an array in the GPU's memory."""

    def address(self, array: Any) -> int:
        """Where an array begins."""

    def rows(self, array: Any, index: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """A copy of some rows on the host; bfloat16 as its bits, uint16."""

    def fill(self, array: Any) -> None:
        """Queue a plain fill of an array with one number."""

    def copy(self, target: Any, source: Any) -> None:
        """Queue a copy within the GPU's memory."""

    def queued(self, call: Callable[[int], object], repeats: int) -> float:
        """Median seconds of call(0), call(1), ..., queued one behind the other: the GPU's own time."""

    def alone(self, call: Callable[[], object], repeats: int) -> float:
        """Median seconds of a call that begins with an idle GPU, until all that it queued is done."""

    def drain(self) -> None:
        """Wait for everything."""

    def release(self) -> None:
        """Give memory back that is held for later use."""


class TorchGpu:
    """The GPU that is here, with torch's memory and events."""

    emulated = False

    def __init__(self) -> None:
        try:
            import torch
        except ModuleNotFoundError as error:
            raise NoGpuError("torch is needed to measure a GPU, and is not installed") from error
        if not torch.cuda.is_available():
            raise NoGpuError("torch sees no GPU here; it must be a build for CUDA")
        self._torch = torch
        torch.cuda.init()
        self.stream = int(torch.cuda.current_stream().cuda_stream)

    def about(self) -> dict[str, Any]:
        torch = self._torch
        return {
            **_about(),
            "driver_release": _driver_release(),
            "torch": torch.__version__,
            "torch_cuda": torch.version.cuda,
        }

    def free_bytes(self) -> int:
        return int(self._torch.cuda.mem_get_info()[0])

    def l2_bytes(self) -> int:
        return int(cuda_module.module().device.describe(0)["l2_bytes"])

    def empty(self, shape: tuple[int, ...], format: str) -> Any:
        return self._torch.empty(shape, dtype=getattr(self._torch, format), device="cuda")

    def put(self, values: npt.NDArray[Any]) -> Any:
        return self._torch.from_numpy(values).to("cuda")

    def address(self, array: Any) -> int:
        return int(array.data_ptr())

    def rows(self, array: Any, index: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        torch = self._torch
        chosen = array[torch.from_numpy(index).to("cuda")]
        if chosen.dtype == torch.bfloat16:
            return chosen.view(torch.int16).cpu().numpy().view(np.uint16)
        return chosen.cpu().numpy()

    def fill(self, array: Any) -> None:
        array.fill_(77)

    def copy(self, target: Any, source: Any) -> None:
        target.copy_(source)

    def queued(self, call: Callable[[int], object], repeats: int) -> float:
        marks = [self._mark() for _ in range(repeats + 1)]
        # The first calls are also a head start: while they run, the others are queued.
        for i in range(_WARM_UP):
            call(i)
        self.drain()
        for i in range(_WARM_UP):
            call(i)
        marks[0].record()
        for i in range(repeats):
            call(i)
            marks[i + 1].record()
        self.drain()
        return median(marks[i].elapsed_time(marks[i + 1]) / 1e3 for i in range(repeats))

    def alone(self, call: Callable[[], object], repeats: int) -> float:
        seconds = []
        for i in range(-_WARM_UP, repeats):
            begin, end = self._mark(), self._mark()
            self.drain()
            begin.record()
            call()
            end.record()
            self.drain()
            if i >= 0:
                seconds.append(begin.elapsed_time(end) / 1e3)
        return median(seconds)

    def drain(self) -> None:
        self._torch.cuda.synchronize()

    def release(self) -> None:
        self._torch.cuda.empty_cache()

    def _mark(self) -> Any:
        return self._torch.cuda.Event(enable_timing=True)


class EmulatedGpu:
    """The emulator of the tests: it shows that the benchmarks run, and measures nothing."""

    emulated = True
    stream = 0

    def about(self) -> dict[str, Any]:
        return _about() | {"emulated": True}

    def free_bytes(self) -> int:
        return 2**24

    def l2_bytes(self) -> int:
        return 2**16

    def empty(self, shape: tuple[int, ...], format: str) -> Any:
        return arrays.allocate(shape, format, 0, 0)

    def put(self, values: npt.NDArray[Any]) -> Any:
        return arrays.to_device(values, 0, 0)

    def address(self, array: Any) -> int:
        return int(array.address)

    def rows(self, array: Any, index: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = array.numpy()[index]
        return found

    def fill(self, array: Any) -> None:
        ctypes.memset(array.address, 77, array.nbytes)

    def copy(self, target: Any, source: Any) -> None:
        ctypes.memmove(target.address, source.address, source.nbytes)

    def queued(self, call: Callable[[int], object], repeats: int) -> float:
        seconds = []
        for i in range(repeats):
            started = time.perf_counter()
            call(i)
            seconds.append(time.perf_counter() - started)
        return median(seconds)

    def alone(self, call: Callable[[], object], repeats: int) -> float:
        return self.queued(lambda _: call(), repeats)

    def drain(self) -> None:
        pass

    def release(self) -> None:
        pass


def find(*, smoke: bool) -> Gpu:
    """The GPU that is here; for a smoke run where there is none, the emulator.

    Raises:
        NoGpuError: There is none, with the reason.
    """
    reason = cuda_module.why_not()
    if not reason:
        return EmulatedGpu() if hasattr(cuda_module.module(), "emulator") else TorchGpu()
    if not smoke:
        raise NoGpuError(reason)
    built = sorted((_ROOT / "build" / "cpp" / "emulated").glob("_cuda.*"))
    if not built:
        raise NoGpuError(f"{reason}; for a smoke run on the emulator, `make test-cpp` builds it")
    spec = spec_from_file_location("_cuda", built[-1])
    if spec is None or spec.loader is None:
        raise NoGpuError(f"{built[-1]} is no module")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    cuda_module._found[cuda_module._NAME] = module
    return EmulatedGpu()


def rotation(gpu: Gpu, shape: tuple[int, ...], format: str, *, smoke: bool) -> list[Any]:
    """Arrays to be written in turn: at least two, and together larger than any cache, so that none helps."""
    first = gpu.empty(shape, format)
    bytes_each = first.nbytes
    least = 0.0 if smoke else max(_LEAST_ROTATED, 4.0 * gpu.l2_bytes())
    return [first, *(gpu.empty(shape, format) for _ in range(max(int(least // bytes_each), 1)))]


def _about() -> dict[str, Any]:
    device = cuda_module.module().device
    found, versions = device.describe(0), device.versions()
    return {
        "device": found["name"],
        "capability": ".".join(map(str, found["capability"])),
        "multiprocessors": found["multiprocessors"],
        "l2_bytes": found["l2_bytes"],
        "memory_bytes": found["total_bytes"],
        "driver": _dotted(versions["driver"]),
        "runtime": _dotted(versions["runtime"]),
        "synthkit": __version__,
        "cpu": f"{platform.machine()}, {_core.cpu.path()}, {len(os.sched_getaffinity(0))} cores",
    }


def _dotted(version: int) -> str:
    """CUDA's versions are 1000 major + 10 minor."""
    return f"{version // 1000}.{version % 1000 // 10}"


def _driver_release() -> str:
    command = ["nvidia-smi", "-i", "0", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
