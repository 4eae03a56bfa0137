"""torchsynth and SynthAX on the same GPU, where they are installed, beside a like patch of ours.

The patches are not the same, only alike: the rows name them. All make 128 clips of 4 s at 44.1 kHz with parameters that
lie ready, as torchsynth's README has it. Predicted: theirs are passes over memory, some 30 and more for a patch, and
ours one pass: more than 20 times.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from benchmarks.gpu.machine import Gpu
from benchmarks.gpu.report import Measured, Report
from synthkit.ops import tone

__all__ = ["run"]

_CLIPS, _SECONDS, _RATE = 128, 4, 44_100
_OURS = "ours: sawtooth by polyBLEP, 1 envelope, vibrato, tremolo, noise"


def run(gpu: Gpu, *, smoke: bool) -> Report:
    """Time whichever is installed."""
    report = Report(f"other synthesizers, {_CLIPS} clips of {_SECONDS} s at {_RATE} Hz")
    if smoke or gpu.emulated:
        report.notes.append("left out of a smoke run")
        return report
    ours = gpu.queued(_ours(gpu), 20)
    rivals: dict[str, tuple[str, Callable[[Gpu], float]]] = {
        "torchsynth": ("Voice: sine and square/sawtooth oscillators, noise, 6 envelopes, 2 LFOs", _torchsynth),
        "synthax": ("ParametricSynth: sine, square/sawtooth and FM sine oscillators", _synthax),
    }
    for name, (patch, measure) in rivals.items():
        try:
            theirs = measure(gpu)
        except ModuleNotFoundError as error:
            report.notes.append(f"{name}: left out: {error.name} is not installed")
        except Exception as error:  # whatever it is, it is no matter of ours
            report.notes.append(f"{name}: left out: it does not run here: {type(error).__name__}: {error}")
        else:
            report.rows.append(_row(f"{name}'s {patch}", theirs, "itself", 1.0, "1"))
            report.rows.append(_row(_OURS, ours, name, theirs / ours, "> 20"))
    if not report.rows:
        report.rows.append(_row(_OURS, ours, "real time", _CLIPS * _SECONDS / ours, "1,000,000"))
    return report


def _row(name: str, seconds: float, against: str, ratio: float, predicted: str) -> Measured:
    times = _CLIPS * _SECONDS / seconds
    return Measured(name, 1e3 * seconds, "ms", against, ratio, predicted, "", {"x real time": times})


def _ours(gpu: Gpu) -> Callable[[int], object]:
    out = gpu.empty((_CLIPS, _SECONDS * _RATE), "float32")
    frequency, amplitude = np.linspace(50.0, 4000.0, _CLIPS), np.linspace(0.1, 0.5, _CLIPS)
    return lambda i: tone.render(
        "sawtooth",
        frequency,
        amplitude,
        sample_rate=_RATE,
        num_samples=_SECONDS * _RATE,
        antialias="polyblep",
        envelope=tone.Envelope(0.1, 0.2, 0.6, 0.5),
        vibrato=tone.Vibrato(5.5, 40.0),
        tremolo=tone.Tremolo(3.0, 0.4),
        noise=tone.Noise(20.0, i),
        out=out,
        device="cuda",
    )


def _torchsynth(gpu: Gpu) -> float:
    import torch
    from torchsynth.synth import Voice

    voice = Voice().to("cuda")  # 128 clips of 4 s at 44.1 kHz are its default
    with torch.no_grad():
        return gpu.queued(lambda i: voice(i), 10)


def _synthax(gpu: Gpu) -> float:
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    import jax
    from synthax.config import SynthConfig
    from synthax.synth import ParametricSynth

    config = SynthConfig(batch_size=_CLIPS, sample_rate=_RATE, buffer_size_seconds=float(_SECONDS))
    synth: Any = ParametricSynth(config=config, sine=1, square_saw=1, fm_sine=1, fm_square_saw=0)
    parameters = synth.init(jax.random.PRNGKey(0))
    render = jax.jit(synth.apply)
    gpu.drain()
    seconds = []
    for _ in range(13):
        started = time.perf_counter()
        jax.block_until_ready(render(parameters))
        seconds.append(time.perf_counter() - started)
    return median(seconds[3:])
