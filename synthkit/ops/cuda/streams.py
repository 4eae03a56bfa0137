"""Streams of CUDA as other libraries have them."""

from __future__ import annotations

import sys
from numbers import Integral
from typing import Any

from synthkit.errors import InputError

__all__ = ["current_stream", "stream_handle"]

LEGACY = 1  # the default stream, as the array protocols number it; CUDA itself calls it 0


def stream_handle(stream: Any) -> int:
    """The handle of a stream: a number, or a stream of torch (``cuda_stream``) or CuPy (``ptr``).

    Raises:
        InputError: Something else.
    """
    for name in ("cuda_stream", "ptr"):
        value = getattr(stream, name, None)
        if isinstance(value, Integral):
            return _plain(int(value))
    if isinstance(stream, bool) or not isinstance(stream, Integral) or int(stream) < 0:
        raise InputError(f"stream: must be a handle, or a stream of torch or CuPy, not {stream!r}")
    return _plain(int(stream))


def current_stream(owner: Any, device: int) -> int:
    """The stream that a library would use now: of the library that ``owner`` belongs to, else CUDA's default.

    Args:
        owner: An array of torch or CuPy, or anything else.
        device: Number of the device.
    """
    library = type(owner).__module__.partition(".")[0]
    if library == "torch":
        return _plain(int(sys.modules["torch"].cuda.current_stream(device).cuda_stream))
    if library == "cupy":
        return _plain(int(sys.modules["cupy"].cuda.get_current_stream().ptr))
    return 0


def _plain(handle: int) -> int:
    return 0 if handle == LEGACY else handle
