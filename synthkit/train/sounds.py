"""Audio of features: waveforms as they are, mel spectra by inversion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import torch
import torchaudio
from torch import Tensor

from synthkit.train.features import FeatureExtractor

__all__ = ["Inversion", "write_sounds"]

_GAP = 0.1  # s between sounds
_ROUNDS = 32


class Inversion:
    """Makes audio of normalised features.

    Mel power becomes linear power by least squares (torchaudio's InverseMelScale), and audio by Griffin and Lim's
    iteration with phases that start at 0: the same every time.

    Args:
        extractor: What made the features.
        sample_rate: Of the audio, Hz.
    """

    def __init__(self, extractor: FeatureExtractor, sample_rate: int) -> None:
        self._extractor = extractor
        f = extractor.features
        self._possible = f.kind == "waveform" or 2 * f.hop <= f.window
        if f.kind == "waveform" or not self._possible:
            return
        norm = "slaney" if f.mel_scale == "slaney" else None
        self._linear = torchaudio.transforms.InverseMelScale(
            f.window // 2 + 1, f.bands, sample_rate, mel_scale=f.mel_scale, norm=norm
        )
        self._phases = torchaudio.transforms.GriffinLim(f.window, _ROUNDS, hop_length=f.hop, rand_init=False)
        self._full_scale = float(torch.hann_window(f.window).sum() / 2) ** 2

    def __call__(self, features: Tensor) -> Tensor | None:
        """Audio [n, T] of features [n, ...]; None where the normalisation cannot be undone, or frames overlap by less
        than half.
        """  # noqa: D205
        raw = self._extractor.restored(features.float())
        kind = self._extractor.features.kind
        if raw is None or kind == "waveform" or not self._possible:
            return raw if self._possible else None
        power = (10 ** (raw / 10) if kind == "log_mel" else raw.clamp_min(0)) * self._full_scale
        audio: Tensor = self._phases(self._linear(power).clamp_min(0))
        return audio


def write_sounds(path: Path, audio: Tensor, sample_rate: int) -> None:
    """Sounds [n, T] one after the other in a 16-bit WAV; made softer together where one would clip."""
    gap = np.zeros(round(_GAP * sample_rate), np.float32)
    whole = np.concatenate([part for row in audio.numpy() for part in (row, gap)])
    peak = float(np.abs(whole).max(initial=0))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, whole / max(peak, 1.0), sample_rate, subtype="PCM_16")
