"""Features of clips, in batches: mel spectra by torchaudio, with a normalisation that is stated."""

from __future__ import annotations

import warnings
from typing import Any

import torch
import torchaudio
from torch import Tensor, nn

from synthkit.errors import InputError
from synthkit.train.experiment import Features

__all__ = ["FeatureExtractor"]

_LEAST = 1e-12  # of a deviation that divides


class FeatureExtractor(nn.Module):
    """Audio [n, T] -> features [n, bands, frames], or [n, T] for waveforms.

    `raw` is what is kept on disk; `normalized` is what a model is given.

    Args:
        features: What is wanted.
        sample_rate: Of the clips, Hz.
        num_samples: Samples T in a clip.
        live: Waveforms are stored and features made of each batch, so that waveforms can be augmented.

    Raises:
        InputError: The clips have another rate, or the features do not fit them.

    Attributes:
        shape: Of the features of one clip.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, features: Features, sample_rate: int, num_samples: int, *, live: bool = False) -> None:
        super().__init__()
        if features.sample_rate not in (None, sample_rate):
            raise InputError(
                f"features.sample_rate: the experiment is for {features.sample_rate} Hz, the clips have "
                f"{sample_rate} Hz; resample them, or make them with that rate"
            )
        self.features = features
        self.live = live or features.kind == "waveform"
        self.num_samples = num_samples
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))
        self.shape: tuple[int, ...] = (num_samples,)
        if features.kind != "waveform":
            self._mel = _mel_spectrogram(features, sample_rate)
            # Power of a sine of full scale at its peak.
            self._full_scale = float(torch.hann_window(features.window).sum() / 2) ** 2
            self.shape = (features.bands, 1 + num_samples // features.hop)

    def raw(self, audio: Tensor) -> Tensor:
        """Features before normalisation."""
        f = self.features
        if f.kind == "waveform":
            return audio
        power: Tensor = self._mel(audio) / self._full_scale
        return power if f.kind == "mel" else 10 * power.clamp_min(10 ** (f.floor / 10)).log10()

    def normalized(self, raw: Tensor) -> Tensor:
        """Features as the model gets them."""
        match self.features.normalization:
            case "global":
                return (raw - self.mean) / self.scale
            case "utterance":
                flat = raw.flatten(1)
                mean, scale = flat.mean(1), flat.std(1, correction=0).clamp_min(_LEAST)
                wide = (-1, *[1] * (raw.ndim - 1))
                return (raw - mean.reshape(wide)) / scale.reshape(wide)
            case "frame_max":
                largest = raw.abs().amax(1, keepdim=True)
                return torch.where(largest > 0, raw / largest.clamp_min(torch.finfo(raw.dtype).tiny), raw)
            case _:
                return raw

    def restored(self, features: Tensor) -> Tensor | None:
        """Features before normalisation from those after it; None where it cannot be undone."""
        match self.features.normalization:
            case "global":
                return features * self.scale + self.mean
            case "none":
                return features
            case _:
                return None

    def of_stored(self, stored: Tensor) -> Tensor:
        """Features as the model gets them, of what is stored."""
        return self.normalized(self.raw(stored) if self.live else stored)

    def forward(self, audio: Tensor) -> Tensor:
        return self.normalized(self.raw(audio))


def _mel_spectrogram(features: Features, sample_rate: int) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torchaudio's word on empty filters; ours follows
        transform: Any = torchaudio.transforms.MelSpectrogram(
            sample_rate,
            n_fft=features.window,
            hop_length=features.hop,
            n_mels=features.bands,
            pad_mode="constant",
            mel_scale=features.mel_scale,
            norm="slaney" if features.mel_scale == "slaney" else None,
        )
    empty = int((transform.mel_scale.fb.amax(0) == 0).sum())
    if empty:
        raise InputError(
            f"features.bands: {empty} of {features.bands} bands hold no frequency at {sample_rate} Hz with a window of "
            f"{features.window} samples; ask for fewer bands or a longer window"
        )
    found: nn.Module = transform
    return found
