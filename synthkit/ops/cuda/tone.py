"""Tones on a GPU; see `synthkit.ops.tone.render` for what they are."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError, WorkError
from synthkit.ops.cuda.arrays import DeviceArray, View, allocate, view
from synthkit.ops.cuda.formats import FORMATS
from synthkit.ops.cuda.module import device_number, working
from synthkit.ops.cuda.streams import current_stream, stream_handle
from synthkit.ops.tone_input import ToneInput

__all__ = ["Prepared", "prepare", "render", "render_into_host"]

_NUMBERS = {"float32": 0, "int16": 1, "bfloat16": 2}
_HOST_BYTES = 2**28  # of a GPU's memory that a rendering for the host may take, at first


class Prepared:
    """Tones in a GPU's memory, to be rendered as often as wanted: `into` queues it and waits for nothing.

    Attributes:
        device: Number of the GPU.
        num_samples: Samples of each tone.
    """

    def __init__(self, rows: Any, device: int, num_samples: int) -> None:
        self._rows, self.device, self.num_samples = rows, device, num_samples

    def __len__(self) -> int:
        return len(self._rows)

    def into(self, address: int, *, pitch: int, format: str, stream: int, peaks: int = 0) -> None:
        """Queue the rendering into memory of the GPU.

        Args:
            address: Of the first sample.
            pitch: Samples from one row's beginning to the next one's.
            format: ``float32``, ``int16`` or ``bfloat16``.
            stream: Handle of the stream.
            peaks: Address of float32 zeros [n], which get the peaks of int16 rows; 0 for none.
        """
        with working("rendering tones", self.device) as cuda:
            cuda.tone.render(self._rows, address, pitch=pitch, format=_NUMBERS[format], peaks=peaks, stream=stream)


def prepare(tones: ToneInput, *, device: int, stream: int) -> Prepared:
    """Queue the tones' way to a GPU; they may be changed on return. About 180 bytes a tone, 12 a harmonic."""
    with working("preparing tones", device) as cuda:
        rows = cuda.tone.prepare(
            tones.waveform,
            tones.settings,
            tones.index,
            antialias=tones.antialias,
            sample_rate=tones.sample_rate,
            num_samples=tones.num_samples,
            key=tones.key,
            noise_stream=tones.stream,
            device=device,
            stream=stream,
        )
    return Prepared(rows, device, tones.num_samples)


def render(
    tones: ToneInput, dtype: str, out: Any, *, device: str, stream: Any, want_peaks: bool = True
) -> tuple[Any, npt.NDArray[np.float32] | None]:
    """Render into an array of a GPU: ``out``, or a new `DeviceArray`.

    Returns:
        The array, and the peaks [n] of int16 rows where they are wanted, for which the work was waited for; else None.
    """
    shape = (tones.num_samples,) if tones.scalar else (len(tones.waveform), tones.num_samples)
    number = device_number(device)
    if out is None:
        handle = current_stream(None, number) if stream is None else stream_handle(stream)
        out = allocate(shape, dtype, number, handle)
        target = view(out, "out")
    else:
        target = _target(out, shape, dtype, number)
        handle = target.stream if stream is None else stream_handle(stream)
        _order(target, handle)
    if not target.size:
        return out, None
    prepared = prepare(tones, device=number, stream=handle)
    if dtype != "int16" or not want_peaks:
        prepared.into(target.address, pitch=_pitch(target), format=dtype, stream=handle)
        return out, None
    peaks = _zeros(len(tones.waveform), number, handle)
    prepared.into(target.address, pitch=_pitch(target), format=dtype, stream=handle, peaks=peaks.address)
    return out, peaks.numpy()


def render_into_host(tones: ToneInput, rows: npt.NDArray[Any], dtype: str, *, device: str) -> npt.NDArray[np.float32]:
    """Render on a GPU into rows [n, num_samples] of the host, some at a time; returns the peaks [n] of int16 rows.

    Where the GPU has not the memory the number of rows at a time is halved, with a warning.
    """
    number = device_number(device)
    peaks = np.zeros(len(rows), np.float32)
    at_once = max(_HOST_BYTES // max(tones.num_samples * rows.itemsize, 1), 1)
    first = 0
    while first < len(rows):
        last = min(first + at_once, len(rows))
        try:
            peaks[first:last] = _piece(tones, slice(first, last), rows[first:last], dtype, number)
        except WorkError as error:
            at_once = _fewer(last - first, error)
        else:
            first = last
    return peaks


def _fewer(count: int, error: WorkError) -> int:
    cause = error.__cause__
    if count == 1 or type(cause).__name__ != "OutOfMemory":
        raise error
    half = count // 2
    warnings.warn(f"the GPU has not the memory for {count} tones at once; going on with {half}", stacklevel=4)
    return half


def _piece(tones: ToneInput, piece: slice, rows: npt.NDArray[Any], dtype: str, device: int) -> npt.NDArray[np.float32]:
    some = replace(
        tones, waveform=tones.waveform[piece], settings=tones.settings[piece], index=tones.index[piece], scalar=False
    )
    there = allocate((len(rows), tones.num_samples), dtype, device, 0)
    peaks = _zeros(len(rows), device, 0)
    prepared = prepare(some, device=device, stream=0)
    prepared.into(there.address, pitch=tones.num_samples, format=dtype, stream=0, peaks=peaks.address)
    with working("copying from the GPU", device) as cuda:
        cuda.memory.download(rows, there.address, stream=0)
    return peaks.numpy()


def _zeros(count: int, device: int, stream: int) -> DeviceArray:
    out = allocate((count,), "float32", device, stream)
    with working("clearing memory", device) as cuda:
        cuda.memory.zero(out.address, out.nbytes, stream=stream)
    return out


def _target(out: Any, shape: tuple[int, ...], dtype: str, device: int) -> View:
    target = view(out, "out")
    if target.format is not FORMATS[dtype] or target.shape != shape:
        raise InputError(f"out: must be {dtype} {list(shape)}, not {target.format.name} {list(target.shape)}")
    if target.read_only:
        raise InputError("out: is read-only")
    if target.size and target.device != device:
        raise InputError(f"out: is on cuda:{target.device}, and device is cuda:{device}")
    if target.size and shape[-1] > 1 and target.strides[-1] != 1:
        raise InputError("out: the samples of a row must lie side by side")
    if target.size and len(shape) == 2 and shape[0] > 1 and target.strides[0] < shape[1]:
        raise InputError("out: rows overlap, or are in reverse order")
    return target


def _pitch(target: View) -> int:
    """Samples from row to row; of a single row any number will do."""
    several = len(target.shape) == 2 and target.shape[0] > 1
    return target.strides[0] if several else target.shape[-1]


def _order(target: View, stream: int) -> None:
    with working("waiting for out's stream", target.device) as cuda:
        cuda.memory.order(target.stream, stream, device=target.device)
