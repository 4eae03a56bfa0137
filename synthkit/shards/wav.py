"""WAV files as fixed-size rows: a header, then the samples, so that a kernel renders straight into them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import WorkError
from synthkit.records import AudioLayout

__all__ = ["allocate", "header", "parse"]

_PCM, _IEEE_FLOAT = 1, 3


def header(layout: AudioLayout) -> bytes:
    """Everything in front of the samples: 44 bytes for PCM16, 56 for float32 (which needs a fact chunk)."""
    width = layout.dtype.itemsize
    tag = _PCM if layout.sample_format == "pcm16" else _IEEE_FLOAT
    rate = layout.sample_rate
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, 1, rate, rate * width, width, 8 * width)
    fact = struct.pack("<4sII", b"fact", 4, layout.num_samples) if tag == _IEEE_FLOAT else b""
    data = struct.pack("<4sI", b"data", layout.bytes_per_example)
    size = 4 + len(form) + len(fact) + len(data) + layout.bytes_per_example
    return struct.pack("<4sI4s", b"RIFF", size, b"WAVE") + form + fact + data


def allocate(count: int, layout: AudioLayout) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """Room for ``count`` WAV files side by side.

    Returns:
        The files, uint8 [count, header + clip bytes], and the samples as a view into them, [count, num_samples].
    """
    head = np.frombuffer(header(layout), np.uint8)
    files = np.empty((count, len(head) + layout.bytes_per_example), np.uint8)
    files[:, : len(head)] = head
    samples = np.ndarray(
        (count, layout.num_samples),
        layout.dtype,
        buffer=files.data,
        offset=len(head),
        strides=(files.shape[1], layout.dtype.itemsize),
    )
    return files, samples


def parse(data: bytes | memoryview, layout: AudioLayout, name: str) -> npt.NDArray[Any]:
    """Samples of a WAV file of this layout, [num_samples], a view into the data.

    Raises:
        WorkError: The file is not what synthkit writes.
    """
    head = header(layout)
    if bytes(data[: len(head)]) != head or len(data) != len(head) + layout.bytes_per_example:
        raise WorkError(f"{name}: not the WAV file that was written")
    return np.frombuffer(data, layout.dtype, offset=len(head))
