"""Draws docs/figures/speech.png: ten utterances of `synspeech_small`, their spectrograms and phonemes.

python docs/figures/speech.py [FILE]
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image

mpl.use("Agg")
import matplotlib.pyplot as plt

from synthkit.recipe.load import load_recipe
from synthkit.records import AudioBatch
from synthkit.run import prepare
from synthkit.run.batches import made_again

# (speaker, gender, text, style): pairs that differ in one factor alone, side by side.
SHOWN = [
    (0, "female", 0, "neutral"),
    (0, "male", 0, "neutral"),
    (0, "female", 0, "fast"),
    (0, "female", 0, "excited"),
    (0, "female", 0, "whisper"),
    (1, "female", 0, "neutral"),
    (2, "female", 0, "neutral"),
    (3, "male", 1, "neutral"),
    (3, "male", 2, "neutral"),
    (3, "male", 3, "excited"),
]
SHOWN_SECONDS = 1.8
DYNAMIC_RANGE = 70  # dB
WINDOW, HOP = 400, 80  # samples: 25 ms and 5 ms


def clips() -> list[AudioBatch]:
    """The utterances, out of the recipe's grid in its own order."""
    recipe = load_recipe("synspeech_small", ["design.shuffle=false", 'splits={"train": 1.0}'])
    prepared = prepare(recipe)
    levels = [list(factor.info().values or ()) for factor in recipe.factors]
    found = []
    for combination in SHOWN:
        index = 0
        for values, value in zip(levels, combination, strict=True):
            index = index * len(values) + values.index(value)
        batch = made_again(prepared.plan, prepared.generator, None, "train", index)
        found.append(batch)
    return found


def spectrogram(audio: np.ndarray) -> np.ndarray:
    """Level of each band and frame below the loudest, dB, [bands, frames]."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames, 1024)) ** 2
    level = 10 * np.log10(power.T + 1e-12)
    return np.maximum(level - level.max(), -DYNAMIC_RANGE)


def draw(file: Path) -> None:
    """Draw them all."""
    figure, axes = plt.subplots(5, 2, figsize=(15, 17), sharex=True, sharey=True, constrained_layout=True)
    for axis, batch, combination in zip(axes.flat, clips(), SHOWN, strict=True):
        audio = batch.samples[0] / 32768
        seconds = len(audio) / batch.layout.sample_rate
        nyquist = batch.layout.sample_rate / 2000
        axis.imshow(spectrogram(audio), origin="lower", aspect="auto", extent=(0, seconds, 0, nyquist), cmap="magma")
        marks = {name: values[0] for name, values in batch.annotations.items()}
        times = zip(marks["phonemes"], marks["phoneme_starts"], marks["phoneme_ends"], strict=True)
        for number, (phoneme, start, end) in enumerate(times):
            axis.axvline(start, color="white", linewidth=0.5, alpha=0.6)
            axis.text((start + end) / 2, 7.3 - 0.55 * (number % 2), phoneme, color="white", ha="center", fontsize=9)
        speaker, gender, _, style = combination
        axis.set_title(f"speaker {speaker}, {gender}, {style}: {marks['transcript']}", fontsize=10, loc="left")
        axis.set_ylabel("kHz")
    for axis in axes[-1]:
        axis.set_xlabel("s")
    axes[0, 0].set_xlim(0, SHOWN_SECONDS)
    content = io.BytesIO()
    figure.savefig(content, dpi=72)
    # 64 colours are enough, and a fifth of the bytes.
    Image.open(content).convert("RGB").quantize(64).save(file, optimize=True)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("speech.png"))
