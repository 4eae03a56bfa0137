"""Clips to look at and to listen to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.records import AudioExample, FactorInfo
from synthkit.report.facts import values
from synthkit.report.palettes import SOUND
from synthkit.report.png import encode_png, png_uri
from synthkit.report.sound import pcm16, wav_bytes, wav_uri
from synthkit.report.spectrogram import envelope, spectrogram
from synthkit.report.svg import Scale, drawing, horizontal_axis, label, ticks
from synthkit.report.tags import Html, joined, tag
from synthkit.shards.wording import format_number

__all__ = ["Excerpt", "clip_card", "excerpt_samples", "player", "scale_of", "sound_picture", "with_unit"]

# Of all clips of a page, before they become a third longer as text; a picture of noise takes as much as the second.
_SOUND_BYTES, _PICTURE_BYTES = 2_400_000, 28_000
_WIDTH = 480.0
_LEFT, _RIGHT = 34.0, 356.0
_DETAIL = (382.0, 474.0)  # a few milliseconds of the waveform, at the right
_DETAIL_SECONDS = 0.005
_COLUMNS = 220
_SCALES = (0.05, 0.1, 0.2, 0.5)


def excerpt_samples(num_samples: int, clips: int) -> int:
    """Samples of each clip that a page has room for, of its beginning."""
    room = _SOUND_BYTES - _PICTURE_BYTES * clips
    return min(num_samples, room // (2 * max(clips, 1)))


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a clip.

    Attributes:
        audio: [T], full scale is 1.
        sample_rate: Hz.
        total: Seconds of the whole clip.
    """

    audio: npt.NDArray[np.float32]
    sample_rate: int
    total: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.audio) / self.sample_rate


def scale_of(clips: Sequence[AudioExample]) -> float:
    """What waveforms are drawn up to: one round number for all clips, so that louder ones look louder."""
    peak = max((float(np.abs(clip.audio).max(initial=0)) for clip in clips), default=1.0)
    return next((scale for scale in _SCALES if peak <= scale), 1.0)


def clip_card(example: AudioExample, factors: Sequence[FactorInfo], samples: int, scale: float = 1.0) -> Html:
    """A clip with its picture, its player, its factors and what else is known of it.

    Args:
        example: The clip.
        factors: What varies.
        samples: How much of it there is room for.
        scale: What its waveform is drawn up to.
    """
    part = Excerpt(example.audio[:samples], example.sample_rate, len(example.audio) / example.sample_rate)
    said = ", ".join(f"{f.name} {with_unit(example.factors[f.name], f.unit)}" for f in factors)
    pairs: list[tuple[str, Any]] = [(f.name, with_unit(example.factors[f.name], f.unit)) for f in factors]
    pairs += [("peak", f"{float(np.abs(example.audio).max(initial=0)):.3f}"), ("rms", f"{_rms(example.audio):.3f}")]
    transcript = example.annotations.get("transcript")
    return tag(
        "article",
        tag("h3", example.id),
        tag("p", "“", transcript, "”") if transcript else None,
        sound_picture(part, f"Waveform and spectrogram of {example.id}: {said}", _phonemes(example), scale=scale),
        player(part, f"{example.id}: {said}"),
        values(pairs),
        _beside(example),
    )


def with_unit(value: Any, unit: str) -> str:
    """A value with its unit."""
    return f"{format_number(value)} {unit}" if unit not in ("", "1") else format_number(value)


def _rms(audio: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) if len(audio) else 0.0


def player(part: Excerpt, said: str) -> Html:
    """A player of a clip, and a line where it is only a part of it."""
    uri = wav_uri(wav_bytes(pcm16(part.audio), part.sample_rate))
    audio = tag("audio", controls=True, preload="metadata", src=uri, aria_label=f"Listen to {said}")
    if part.seconds >= part.total:
        return audio
    note = f"The first {part.seconds:.2f} s of {part.total:.2f} s: a page has room for no more."
    return joined(audio, tag("p", note, class_="note"))


def sound_picture(
    part: Excerpt,
    said: str,
    phonemes: Sequence[tuple[str, float, float]] = (),
    *,
    scale: float = 1.0,
    detail: bool = True,
) -> Html:
    """Waveform above, spectrogram below, phonemes between them where they are known, one axis of seconds.

    Args:
        part: The clip.
        said: What the drawing shows, in words.
        phonemes: Name, start and end of each, s.
        scale: What the waveform is drawn up to; beyond it is cut off.
        detail: Also draw its loudest five milliseconds, at the right.
    """
    right = _RIGHT if detail else _DETAIL[1]
    across = Scale(0, max(part.seconds, 1e-9), _LEFT, right)
    strip = 18.0 if phonemes else 0.0
    top = 66 + strip
    image = png_uri(encode_png(spectrogram(part.audio, part.sample_rate, _COLUMNS), SOUND))
    half = part.sample_rate / 2000
    parts: list[Any] = [
        _wave(part.audio / np.float32(scale), right, 32, 28),
        [label(_LEFT - 4, 8 + 3.5, f"{scale:g}", "end"), label(_LEFT - 4, 35.5, "0", "end")],
        _strip(phonemes, across, part.seconds, 70),
        tag("image", href=image, x=_LEFT, y=top, width=right - _LEFT, height=104, preserveAspectRatio="none"),
        [label(_LEFT - 4, top + 9, f"{half:g}", "end"), label(_LEFT - 4, top + 104, "0", "end")],
        label(_LEFT - 4, top + 56, "kHz", "end"),
        horizontal_axis(across, top + 104, ticks(0, across.high, 6), "seconds"),
        _detail(part, 4, top + 104) if detail else None,
    ]
    return drawing(_WIDTH, top + 138, said, parts, class_="spectrum")


def _wave(audio: npt.NDArray[np.float32], right: float, middle: float, height: float) -> Html:
    low, high = envelope(np.clip(audio, -1, 1), 2 * _COLUMNS)
    x = np.linspace(_LEFT, right, len(low)) if len(low) > 1 else np.array([_LEFT])
    up = [f"{a:.1f} {middle - height * b:.1f}" for a, b in zip(x.tolist(), high.tolist(), strict=True)]
    down = [f"{a:.1f} {middle - height * b:.1f}" for a, b in zip(x[::-1].tolist(), low[::-1].tolist(), strict=True)]
    return tag("path", d=f"M{'L'.join([*up, *down])}Z", class_="wave")


def _detail(part: Excerpt, top: float, bottom: float) -> list[Html]:
    """The loudest five milliseconds, sample by sample, as high as there is room: it is there for its shape."""
    size = max(min(round(_DETAIL_SECONDS * part.sample_rate), len(part.audio)), 1)
    whole = part.audio[: len(part.audio) // size * size].reshape(-1, size)
    if not whole.size:
        return []
    first = int(np.square(whole, dtype=np.float64).sum(axis=1).argmax()) * size
    shown = part.audio[first : first + size]
    peak = float(np.abs(shown).max()) or 1.0
    x = np.linspace(*_DETAIL, len(shown)) if size > 1 else np.array([_DETAIL[0]])
    middle, height = (top + bottom) / 2, (bottom - top - 34) / 2 / peak
    points = [f"{a:.1f},{middle - height * b:.1f}" for a, b in zip(x.tolist(), shown.tolist(), strict=True)]
    left, right = _DETAIL
    start, length = first / part.sample_rate, 1000 * size / part.sample_rate
    return [
        tag("line", x1=left, y1=middle, x2=right, y2=middle, class_="faint"),
        tag("rect", x=left, y=top, width=right - left, height=round(bottom - top, 2), class_="frame"),
        tag("polyline", points=" ".join(points), class_="curve"),
        label(left + 3, top + 11, f"{peak:.2g}", "start"),
        label((left + right) / 2, bottom + 15, f"{length:.3g} ms"),
        label((left + right) / 2, bottom + 29, f"from {start:.3g} s"),
    ]


def _strip(phonemes: Sequence[tuple[str, float, float]], across: Scale, seconds: float, y: float) -> list[Html]:
    found = []
    for name, start, end in phonemes:
        if start < seconds:
            x = across(start)
            found.append(tag("line", x1=round(x, 2), y1=y - 4, x2=round(x, 2), y2=y + 14, class_="faint"))
            found.append(label((x + across(min(end, seconds))) / 2, y + 9, name, class_="strong"))
    return found


def _phonemes(example: AudioExample) -> list[tuple[str, float, float]]:
    columns = [example.annotations.get(name) for name in ("phonemes", "phoneme_starts", "phoneme_ends")]
    if not all(isinstance(column, list) for column in columns):
        return []
    names, starts, ends = columns
    return [(str(n), float(s), float(e)) for n, s, e in zip(names, starts, ends, strict=False)]  # type: ignore[arg-type]


def _beside(example: AudioExample) -> Html | None:
    """Annotations that are no lists and no transcript, to be unfolded."""
    shown = [(k, format_number(v)) for k, v in example.annotations.items() if not isinstance(v, list)]
    shown = [(name, value) for name, value in shown if name != "transcript"]
    if not shown:
        return None
    unseen = tag("span", f" of {example.id}", class_="unseen")
    return tag("details", tag("summary", "What else is known", unseen), values(shown))
