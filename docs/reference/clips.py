"""The first clip of a dataset, to be seen and heard."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from synthkit.generators.base import has_engine
from synthkit.records import AudioLayout
from synthkit.run.batches import batches
from synthkit.run.prepare import Prepared
from synthkit.shards.wording import format_number

__all__ = ["Clip", "picture"]

_COLOUR = "#1f6fb2"
_PART = 0.01  # seconds


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip.

    Attributes:
        png: Its waveform and spectrogram.
        wav: The clip itself.
        caption: Its id and factors.
    """

    png: bytes
    wav: bytes
    caption: str


def picture(prepared: Prepared) -> Clip | None:
    """The first clip of the first split; None for texts, and where the engine is not ready here."""
    generator = prepared.generator
    if not isinstance(generator.layout, AudioLayout) or (has_engine(generator) and not generator.engine_ready):
        return None
    split = next(iter(prepared.plan.sizes))
    batch = next(iter(batches(prepared.plan, generator, None, split, 0, 1)))
    wav = batch.wav[0].tobytes()
    factors = ", ".join(f"{name} {format_number(value[:1].tolist()[0])}" for name, value in batch.rows.values.items())
    return Clip(_draw(wav), wav, f"`{batch.rows.ids[0]}`: {factors}.")


def _draw(wav: bytes) -> bytes:
    import matplotlib
    import soundfile

    matplotlib.use("agg")
    from matplotlib import pyplot

    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    figure, axes = pyplot.subplot_mosaic([["whole", "part"], ["sound", "sound"]], figsize=(8, 4), layout="constrained")
    time = np.arange(len(samples)) / rate
    axes["whole"].plot(time, samples, linewidth=0.5, color=_COLOUR)
    axes["whole"].set(title="the clip", xlabel="s", ylim=(-1, 1), xlim=(0, len(samples) / rate))
    middle = slice(len(samples) // 2, len(samples) // 2 + int(_PART * rate))
    axes["part"].plot((time[middle] - time[middle.start]) * 1000, samples[middle], linewidth=1, color=_COLOUR)
    axes["part"].set(title="its middle", xlabel="ms", ylim=(-1, 1))
    window = min(512, len(samples))
    with np.errstate(divide="ignore"):  # silence has no level
        axes["sound"].specgram(samples, NFFT=window, Fs=rate, noverlap=window // 2, cmap="magma", vmin=-140, vmax=-20)
    axes["sound"].set(xlabel="s", ylabel="Hz")
    out = io.BytesIO()
    figure.savefig(out, dpi=110, metadata={"Software": None})
    pyplot.close(figure)
    return out.getvalue()
