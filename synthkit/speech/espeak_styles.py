"""What each style changes, and the voice file that says so to espeak-ng."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from synthkit.errors import InputError
from synthkit.speech.base import Style

__all__ = ["STYLE_CHANGES", "Setting", "StyleChange", "setting"]

_SPEED = 175  # words per minute, espeak-ng's own
_MIN_SPEED, _MAX_SPEED = 80, 449  # above, it drops sounds and squeezes by other means
# Of 200: the strongest voices stay below full scale, where espeak-ng would clip; a style's gain comes afterwards.
_VOLUME = 25
_MAX_INTENSITY = 2.0
_REFERENCE_TRACT = 17.0  # cm: of the voice that espeak-ng's formants describe
_TONE = (600, 1200, 2400, 4800)  # Hz
_TONE_LEVEL = 170
_WHISPER_BREATH = (75, 75, 50, 40, 15, 10)
_WHISPER_WIDTHS = (150, 150, 200, 200, 400, 400)
_PEAKS = 8


@dataclass(frozen=True, slots=True)
class StyleChange:
    """What a style changes at intensity 1; factors are raised to the intensity, all else is multiplied by it.

    Attributes:
        rate: Factor on the tempo.
        pitch: Shift of the pitch, semitones.
        range: Factor on the pitch range.
        volume: Gain, dB.
        emphasis: Extra length of stressed syllables, in espeak-ng's units (255 is about twice).
        whisper: Share of the voicing that is replaced by breath.
        question: Whether it ends with a question mark, that is, with a rising pitch.
    """

    rate: float = 1.0
    pitch: float = 0.0
    range: float = 1.0
    volume: float = 0.0
    emphasis: float = 0.0
    whisper: float = 0.0
    question: bool = False


STYLE_CHANGES: Mapping[str, StyleChange] = {
    "neutral": StyleChange(),
    "slow": StyleChange(rate=0.72),
    "fast": StyleChange(rate=1.4),
    "loud": StyleChange(pitch=1.5, range=1.15, volume=4.0, emphasis=10),
    "excited": StyleChange(rate=1.12, pitch=4.0, range=1.6, volume=3.0, emphasis=15),
    "calm": StyleChange(rate=0.85, pitch=-1.5, range=0.6, volume=-3.0),
    "soft": StyleChange(pitch=-0.5, range=0.9, volume=-8.0),
    "whisper": StyleChange(rate=0.95, whisper=0.9),
    "question": StyleChange(pitch=1.0, range=1.25, question=True),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What espeak-ng is told.

    Attributes:
        variant: Text of a voice variant's file.
        speed: Words per minute.
        volume: 0 to 200, the same for all.
        gain: What the style does to the level, dB, to be applied afterwards.
        end: Punctuation after the text.
    """

    variant: str
    speed: int
    volume: int
    gain: float
    end: str


def setting(attributes: Mapping[str, float], gender: str, style: Style) -> Setting:
    """The setting of a voice in a style.

    Args:
        attributes: Of `synthkit.speech.espeak_voices.attributes`.
        gender: ``female`` or ``male``.
        style: Its name is one of `STYLE_CHANGES`.

    Raises:
        InputError: The intensity is outside of 0 to 2, or the tempo is beyond what espeak-ng can do.
    """
    much, change = style.intensity, STYLE_CHANGES[style.name]
    if not 0 <= much <= _MAX_INTENSITY:
        raise InputError(f"intensity: must be 0 to {_MAX_INTENSITY:g}, not {much:g}")
    speed = round(_SPEED * change.rate**much * style.rate)
    if not _MIN_SPEED <= speed <= _MAX_SPEED:
        raise InputError(
            f"style {style.name!r} of intensity {much:g} asks for {speed} words per minute; espeak-ng speaks "
            f"{_MIN_SPEED} to {_MAX_SPEED}"
        )
    end = "?" if change.question and much > 0 else "."
    return Setting(_variant(attributes, gender, change, style), speed, _VOLUME, change.volume * much, end)


def _variant(attributes: Mapping[str, float], gender: str, change: StyleChange, style: Style) -> str:
    much = style.intensity
    base = attributes["base_pitch"] * 2 ** ((change.pitch * much + style.pitch) / 12)
    top = base * 2 ** (attributes["pitch_range"] * change.range**much / 12)
    whisper = min(change.whisper * much, 0.95)
    voicing = attributes["voicing"] * (1 - whisper)
    scale = 100 * _REFERENCE_TRACT / attributes["vocal_tract"]
    lines = [
        "language variant",
        "name synthkit",
        f"gender {gender}",
        f"pitch {round(base)} {round(top)}",
        f"voicing {round(voicing)}",
        f"roughness {round(attributes['roughness'])}",
        f"formant 0 {round(scale)} {0 if whisper > 0 else 100} 100",
        *(f"formant {k} {round(scale)} 100 100" for k in range(1, _PEAKS + 1)),
        _tone(attributes["tilt"]),
        "breath " + " ".join(str(round(value)) for value in _breath(attributes["breath"], whisper)),
        "breathw " + " ".join(map(str, _WHISPER_WIDTHS)),
    ]
    if change.emphasis:
        extra = round(change.emphasis * much)
        lines.append(f"stressAdd 0 0 0 0 0 0 {extra} {extra}")
    return "\n".join(lines) + "\n"


def _breath(own: float, whisper: float) -> list[float]:
    """Strength of noise at each formant: the voice's own, and that of a whisper in the place of the voicing."""
    return [own / 100 * full * (1 - whisper) + whisper * full for full in _WHISPER_BREATH]


def _tone(tilt: float) -> str:
    """Four points of the response of voiced sounds, 0 to 255."""
    levels = [_TONE_LEVEL * 10 ** (tilt * math.log2(frequency / _TONE[0]) / 20) for frequency in _TONE]
    return "tone " + " ".join(f"{f} {min(round(level), 255)}" for f, level in zip(_TONE, levels, strict=True))
