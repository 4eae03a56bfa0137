"""Speakers of espeak-ng: points in a space of voice qualities, far from each other by construction.

A speaker is a point of the unit cube, one coordinate for each quality; the gender sets the range that a coordinate is
mapped to. Points come from the additive recurrence with the generalised golden ratio (Roberts 2018, "The unreasonable
effectiveness of quasirandom sequences"), shifted by keyed uniform numbers: the first n of them fill the cube evenly for
every n, and speaker i is the same however many there are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synthkit.seeds import uniforms

__all__ = ["GENDERS", "QUALITIES", "Quality", "attributes", "position"]

GENDERS = ("female", "male")


@dataclass(frozen=True, slots=True)
class Quality:
    """One quality of a voice.

    Attributes:
        unit: Unit of its values.
        description: What it is, one line.
        ranges: Gender -> (low, high).
        step: Values are multiples of it: what the voice files of espeak-ng can say.
    """

    unit: str
    description: str
    ranges: Mapping[str, tuple[float, float]]
    step: float


def _both(low: float, high: float) -> dict[str, tuple[float, float]]:
    return dict.fromkeys(GENDERS, (low, high))


QUALITIES: Mapping[str, Quality] = {
    "base_pitch": Quality("Hz", "Lowest pitch of the voice", {"female": (150, 240), "male": (75, 130)}, 1),
    "pitch_range": Quality("semitone", "From the lowest to the highest pitch", _both(4, 11), 0.5),
    "vocal_tract": Quality(
        "cm",
        "Length of the vocal tract; formants scale with 17 / length",
        {"female": (12.5, 15.3), "male": (15.5, 19.0)},
        0.1,
    ),
    "voicing": Quality("%", "Strength of voiced sounds, 100 as usual", _both(60, 115), 1),
    "breath": Quality("%", "Noise in voiced sounds", _both(0, 40), 1),
    "roughness": Quality("1", "Every second period weaker (creak), 0 to 7", _both(0, 7), 1),
    "tilt": Quality("dB/octave", "Fall of voiced sounds above 600 Hz", _both(-9, 1), 0.1),
}


def position(key: int, speaker: int) -> tuple[float, ...]:
    """Place of a speaker in the unit cube, the same for both genders."""
    dimensions = len(QUALITIES)
    ratio = _golden(dimensions)
    shifts = uniforms(key, 0, np.arange(dimensions, dtype=np.int64))[:, 0].tolist()
    return tuple((shift + (speaker + 1) * ratio ** -(k + 1)) % 1.0 for k, shift in enumerate(shifts))


def attributes(key: int, speaker: int, gender: str) -> dict[str, float]:
    """Name of a quality -> its value, a multiple of its step."""
    values = {}
    for (name, quality), at in zip(QUALITIES.items(), position(key, speaker), strict=True):
        low, high = quality.ranges[gender]
        steps = math.floor((low + at * (high - low)) / quality.step + 0.5)
        values[name] = float(round(steps * quality.step, 6))
    return values


def _golden(dimensions: int) -> float:
    """The root above 1 of x^(d + 1) = x + 1, by Newton's method from above; exact to the last bits."""
    x = 2.0
    for _ in range(64):
        x -= (x ** (dimensions + 1) - x - 1) / ((dimensions + 1) * x**dimensions - 1)
    return x
