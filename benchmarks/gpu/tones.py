"""Tones in a GPU's memory: how near each shape comes to a plain fill, which only writes.

Rows are a second at 44.1 kHz, some thousands of them, written into two or more buffers in turn, 1.4 GB each where there
is room. Before a shape is timed, 16 of its rows, spread over a buffer that held something else, are compared with the
CPU's, byte for byte. The figure of a row is that of the kernel alone, for tones that lie ready on the GPU; "whole call"
is `tone.render` with the checks of its arguments, the tones' way to the GPU, their preparation there and the kernel,
begun on an idle GPU. "of a copy" are the bytes written over those that a copy within the GPU's memory reads and writes.

Predicted for an H200 (132 multiprocessors, 1.7 to 1.98 GHz, a fill at 4 to 4.5 TB/s), as shares of the fill:

- naive, 0.9: 3 to 6 instructions and a quarter of a 16-byte store a sample; there is time for about 25.
- polyBLEP, 0.8: 10 to 20 instructions a sample.
- envelope and vibrato, 0.55: about 20 operations in double precision a sample, of which the H200 does 64 a cycle and
  multiprocessor. GPUs for consumers and for workstations do 2: there it is some 0.05.
- noise, 0.4: the same 20 in double precision and 60 others.
- additive at 440 Hz, 0.05: 50 harmonics, 11 instructions each.
- naive in 16 bits, 0.75 of the fill's bytes: as much arithmetic for half of them, and rounding.

A whole call adds about 0.3 ms for 8,192 tones: half the kernel's rate for naive shapes, nothing to see for additive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.gpu.machine import Gpu, rotation
from benchmarks.gpu.report import Measured, Report
from synthkit.ops import tone
from synthkit.ops.cuda.tone import Prepared, prepare
from synthkit.ops.tone_input import gather

__all__ = ["CASES", "Case", "run"]

_RATE = 44_100
_MOST_ROWS = 8192
_SHARE_OF_MEMORY = 0.15  # that one buffer may take
_CHECKED = 16
_KEY = 0x5EED


@dataclass(frozen=True)
class Case:
    """One kind of tones.

    Attributes:
        name: For the table.
        predicted: Share of the fill's bandwidth, before anything was measured.
        target: What was promised of it.
        waveform: See `tone.render`, as what follows.
        antialias: See there.
        format: See there.
        modulated: Whether there are an envelope and vibrato.
        noisy: Whether there is noise.
        whole: Predicted share of the kernel's rate that a whole call has.
    """

    name: str
    predicted: str
    target: str = ""
    waveform: str = "sine"
    antialias: str = "none"
    format: str = "float32"
    modulated: bool = False
    noisy: bool = False
    whole: str = "0.5"


CASES = (
    *(Case(f"{wave}, naive", "0.9", ">= 0.85", wave) for wave in tone.WAVEFORMS),
    *(Case(f"{wave}, polyBLEP", "0.8", ">= 0.7", wave, "polyblep") for wave in tone.WAVEFORMS),
    Case("sawtooth, polyBLEP, envelope, vibrato", "0.55", ">= 0.5", "sawtooth", "polyblep", modulated=True),
    Case("sine, noise", "0.4", noisy=True),
    Case("sawtooth, additive, 440 Hz", "0.05", "", "sawtooth", "additive", whole="0.95"),
    Case("sine, naive, int16", "0.75", format="int16"),
    Case("sine, naive, bfloat16", "0.75", format="bfloat16"),
)


def run(gpu: Gpu, *, smoke: bool) -> Report:
    """Check and time all cases."""
    samples, rows, repeats = _RATE, _most_rows(gpu), 30
    if smoke:
        samples, rows, repeats = (300, 6, 2) if gpu.emulated else (5000, 40, 2)
    report = Report(f"tones, {rows} rows of {samples} samples at {_RATE} Hz")
    for case in CASES:
        report.rows += _measure(gpu, case, rows, samples, repeats, report, smoke=smoke)
        gpu.release()
    return report


def _most_rows(gpu: Gpu) -> int:
    return max(min(_MOST_ROWS, int(_SHARE_OF_MEMORY * gpu.free_bytes()) // (4 * _RATE)), _CHECKED)


def _arguments(case: Case, index: npt.NDArray[np.int64], rows: int, samples: int) -> dict[str, Any]:
    """Of `tone.render`, for some of the rows."""
    share, seconds = index / rows, samples / _RATE
    given: dict[str, Any] = {
        "waveform": case.waveform,
        "frequency": np.full(len(index), 440.0) if case.antialias == "additive" else 100.0 + 7900.0 * share,
        "amplitude": 0.1 + 0.8 * share,
        "phase": 6.0 * share,
        "sample_rate": _RATE,
        "num_samples": samples,
        "antialias": case.antialias,
    }
    if case.modulated:
        given["envelope"] = tone.Envelope(0.01 * seconds, 0.02 * seconds, 0.6, 0.03 * seconds)
        given["vibrato"] = tone.Vibrato(5.5, 40.0)
    if case.noisy:
        given["noise"] = tone.Noise(20.0, _KEY, index)
    return given


def _ready(arguments: dict[str, Any], stream: int) -> Prepared:
    """The tones, on the GPU."""
    defaults: dict[str, Any] = dict.fromkeys(("rolloff", "envelope", "vibrato", "tremolo", "noise"))
    defaults |= {"duty": 0.5, "allow_above_nyquist": False}
    given = defaults | arguments
    waveform, frequency, amplitude = (given.pop(name) for name in ("waveform", "frequency", "amplitude"))
    return prepare(gather(waveform, frequency, amplitude, **given), device=0, stream=stream)


def _measure(
    gpu: Gpu, case: Case, rows: int, samples: int, repeats: int, report: Report, *, smoke: bool
) -> list[Measured]:
    arguments = _arguments(case, np.arange(rows), rows, samples)
    buffers = rotation(gpu, (rows, samples), case.format, smoke=smoke)
    ready = _ready(arguments, gpu.stream)

    def render(i: int) -> None:
        ready.into(gpu.address(buffers[i % len(buffers)]), pitch=samples, format=case.format, stream=gpu.stream)

    def whole() -> None:
        tone.render(**arguments, dtype=case.format, out=buffers[0], device="cuda")

    picked = np.linspace(0, rows - 1, min(_CHECKED, rows)).astype(np.int64)
    wanted = tone.render(**_arguments(case, picked, rows, samples), dtype=case.format)
    for what, call in (("kernel", lambda: render(0)), ("whole call", whole)):
        gpu.fill(buffers[0])
        call()
        report.check(f"{case.name}, {what}", gpu.rows(buffers[0], picked), wanted)

    written = rows * samples * wanted.itemsize
    fill = written / gpu.queued(lambda i: gpu.fill(buffers[i % len(buffers)]), repeats)
    copy = 2 * written / gpu.queued(lambda i: gpu.copy(buffers[i % 2], buffers[1 - i % 2]), repeats)
    kernel = gpu.queued(render, repeats)
    complete = gpu.alone(whole, repeats)
    rate = rows * samples / kernel
    return [
        Measured(
            case.name,
            rate / 1e9,
            "G samples/s",
            f"fill, {fill / 1e12:.2f} TB/s",
            written / kernel / fill,
            case.predicted,
            case.target,
            {"TB/s": written / kernel / 1e12, "x real time": rate / _RATE, "of a copy": written / kernel / copy},
        ),
        Measured(
            f"{case.name}, whole call",
            rows * samples / complete / 1e9,
            "G samples/s",
            "the kernel alone",
            kernel / complete,
            case.whole,
        ),
    ]
