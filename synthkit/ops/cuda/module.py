"""The module `synthkit._cuda`, its devices and its failures."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from synthkit.errors import InputError, WorkError

__all__ = ["UnavailableError", "device_number", "is_cuda", "module", "why_not", "working"]

# Typed as Any: where synthkit was built without nvcc there is no such module to take types from.
_found: dict[str, Any] = {}
_NAME = "synthkit._cuda"
_DEVICE = re.compile(r"cuda(?::(\d+))?")


class UnavailableError(InputError):
    """A GPU was asked for, and there is none, or synthkit was built without kernels for it."""


def module() -> Any:
    """The module of the kernels; needs no GPU.

    Raises:
        UnavailableError: synthkit was built without it.
    """
    if _NAME not in _found:
        try:
            _found[_NAME] = importlib.import_module(_NAME)
        except ImportError as error:
            raise UnavailableError(
                "device: this synthkit was built without its kernels for GPUs; build it where nvcc (CUDA 12 or 13) is "
                f"on the PATH, or take the CPU ({error})"
            ) from error
    return _found[_NAME]


def is_cuda(device: Any) -> bool:
    """Whether a device's name is ``cuda`` or ``cuda:N``; torch's devices are taken by their names."""
    return _DEVICE.fullmatch(str(device)) is not None


def device_number(device: Any) -> int:
    """The number of a device that is there.

    Args:
        device: ``cuda`` (number 0) or ``cuda:N``.

    Raises:
        UnavailableError: No kernels, no driver, no GPU, or none of that number.
    """
    match = _DEVICE.fullmatch(str(device))
    if match is None:
        raise InputError(f"device: must be 'cuda' or 'cuda:N', not {device!r}")
    number = int(match[1] or 0)
    reason = why_not()
    if reason:
        raise UnavailableError(f"device: {device!s} was asked for: {reason}; `synthkit doctor` says more")
    count = module().device.count()
    if number >= count:
        raise UnavailableError(f"device: there is no {device!s}; there are {count} GPUs here, numbered from 0")
    return number


def why_not() -> str:
    """Why no kernel can run on a GPU here; empty where one can."""
    try:
        cuda = module()
    except UnavailableError as error:
        return str(error).removeprefix("device: ")
    try:
        cuda.device.count()
    except cuda.Error as error:
        return str(error)
    return ""


@contextmanager
def working(what: str, device: int | None = None) -> Iterator[Any]:
    """Gives the module, with a GPU as the calling thread's; its failures become errors of synthkit.

    Args:
        what: What is being done, for the message.
        device: Number of the GPU; None where it does not matter.

    Raises:
        WorkError: The device failed, or has not the memory.
    """
    cuda = module()
    try:
        before = None if device is None else cuda.device.select(device)
        try:
            yield cuda
        finally:
            if before is not None:
                cuda.device.select(before)
    except cuda.OutOfMemory as error:
        raise WorkError(f"{what}: the GPU has not enough free memory; ask for less at a time ({error})") from error
    except cuda.Error as error:
        raise WorkError(f"{what}: {error}") from error
