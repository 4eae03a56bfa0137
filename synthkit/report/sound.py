"""Clips as WAV files inside of a page."""

from __future__ import annotations

import base64
import struct

import numpy as np
import numpy.typing as npt

__all__ = ["pcm16", "wav_bytes", "wav_uri"]

_FULL_SCALE = 32768


def pcm16(audio: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """16-bit samples of audio of full scale 1; exact where it was 16-bit before, cut off where it is beyond."""
    scaled = np.round(audio.astype(np.float64) * _FULL_SCALE)
    return np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")


def wav_bytes(samples: npt.NDArray[np.int16], sample_rate: int) -> bytes:
    """A WAV file of one channel.

    Args:
        samples: int16 [T].
        sample_rate: Hz.
    """
    data = samples.astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def wav_uri(wav: bytes) -> str:
    """A WAV file inside of a page."""
    return f"data:audio/wav;base64,{base64.b64encode(wav).decode()}"
