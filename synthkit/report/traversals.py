"""What a decoder makes of moved codes, to listen to."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import WorkError
from synthkit.report.clips import Excerpt, player, sound_picture
from synthkit.report.facts import Section
from synthkit.report.tags import Html, tag
from synthkit.train.folder import RunFolder

__all__ = ["traversal_section"]

_SOUND_BYTES = 1_700_000
_NAME = re.compile(r"code-([0-9]+)\.wav")

Sounds = dict[int, tuple[npt.NDArray[np.float32], int]]


def traversal_section(
    path: Path, folder: RunFolder, evaluation: Mapping[str, Any] | None, names: Sequence[str]
) -> Section:
    """Players of the traversals that a training has stored; else they are decoded from its weights, with torch."""
    sounds, said = _stored(path / "traversals"), ""
    if not sounds and folder.finished and evaluation is not None and not (path / "traversals.png").is_file():
        sounds, said = _decoded(path)
    if not sounds:
        if not said and (path / "traversals.png").is_file():
            said = "These features cannot be made into sound again; the picture above shows them."
        return Section("traversals", "Traversals to listen to", tag("p", said) if said else None)
    table = np.array((evaluation or {}).get("matrices", {}).get("mutual_information", ()), np.float64)
    order = _by_information(sorted(sounds), table)
    shown: list[Html] = []
    left: list[int] = []
    room = _SOUND_BYTES
    for code in order:
        audio, rate = sounds[code]
        if 2 * len(audio) > room and shown:
            left.append(code)
            continue
        audio = audio[: room // 2]
        room -= 2 * len(audio)
        shown.append(_card(code, audio, rate, len(sounds[code][0]) / rate, _told(code, table, names)))
    words = (
        "One held-out clip, near the middle of all codes, with one code at a time moved from low to high: the steps "
        "are played one after the other. Codes that say most about a factor come first."
    )
    if left:
        words += f" For {', '.join(f'code {code}' for code in sorted(left))} there is no room on this page."
    lines = [tag("p", words, class_="said"), tag("p", said, class_="said") if said else None]
    return Section("traversals", "Traversals to listen to", *lines, tag("div", shown, class_="grid wide"))


def _card(code: int, audio: npt.NDArray[np.float32], rate: int, total: float, told: str) -> Html:
    part = Excerpt(audio, rate, total)
    return tag(
        "article",
        tag("h3", f"Code {code}"),
        tag("p", told) if told else None,
        sound_picture(part, f"Waveform and spectrogram of the traversal of code {code}", detail=False),
        player(part, f"the traversal of code {code}"),
    )


def _by_information(codes: Sequence[int], table: npt.NDArray[np.float64]) -> list[int]:
    """Codes in the order of what they say about the factor that they say most about."""
    if table.ndim != 2 or max(codes) >= table.shape[1]:
        return list(codes)
    return sorted(codes, key=lambda code: (-float(table[:, code].max()), code))


def _told(code: int, table: npt.NDArray[np.float64], names: Sequence[str]) -> str:
    if table.ndim != 2 or table.shape[0] != len(names) or code >= table.shape[1] or table[:, code].max() <= 0:
        return ""
    best = int(table[:, code].argmax())
    return f"Says most about {names[best]} (information {table[best, code]:.2f})"


def _stored(folder: Path) -> Sounds:
    """Code -> samples and rate of the WAV files that are there."""
    found: Sounds = {}
    for path in sorted(folder.glob("code-*.wav")) if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match is not None:
            found[int(match[1])] = _read(path)
    return found


def _read(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    try:
        with wave.open(io.BytesIO(path.read_bytes())) as file:
            if file.getsampwidth() != 2 or file.getnchannels() != 1:
                raise WorkError(f"{path}: is no WAV file of one channel and 16 bits, as trainings write them")
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            return samples.astype(np.float32) / np.float32(32768), file.getframerate()
    except (OSError, EOFError, wave.Error) as error:
        raise WorkError(f"{path}: damaged: {error}") from None


def _decoded(path: Path) -> tuple[Sounds, str]:
    """Sounds made now, and what is to be said of that."""
    try:
        from synthkit.report.decode import decoded_traversals
    except ModuleNotFoundError as error:
        missing = (error.name or "torch").partition(".")[0]
        if missing == "synthkit":
            raise
        return {}, f"The training stored no sounds, and to decode them {missing} is needed, which is not installed."
    sounds = decoded_traversals(path)
    if not sounds:
        return {}, ""
    return sounds, "The training stored no sounds; these were decoded from its weights for this page."
