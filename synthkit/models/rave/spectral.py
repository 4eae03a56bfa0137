"""The multi-scale spectral distance (paper, equation 6; after Engel et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["spectral_distance"]

_LEAST = 1e-7  # of norms that divide or whose logarithm is taken


def spectral_distance(x: Tensor, y: Tensor, windows: Sequence[int]) -> Tensor:
    """Sum over windows of ||S(x) - S(y)||_F / ||S(x)||_F + log ||S(x) - S(y)||_1, mean over the batch.

    S is the amplitude of a short-time Fourier transform with a Hann window, normalised by the sum of the window, a
    quarter of the window from frame to frame. Norms are at least 1e-7, which makes the distance of equal sounds finite.

    Args:
        x: Audio [B, T] or bands [B, M, T]: what is to be reached.
        y: The same shape.
        windows: Lengths of the windows, samples, none longer than T.

    Raises:
        ValueError: A window is longer than the sound.
    """
    if max(windows) > x.shape[-1]:
        raise ValueError(f"windows: {max(windows)} samples are more than the sound has, {x.shape[-1]}")
    total = x.new_zeros(len(x))
    for length in windows:
        a, b = _amplitudes(x, length), _amplitudes(y, length)
        difference = (a - b).flatten(1)
        relative = difference.norm(dim=1) / a.flatten(1).norm(dim=1).clamp_min(_LEAST)
        total = total + relative + difference.abs().sum(1).clamp_min(_LEAST).log()
    return total.mean()


def _amplitudes(x: Tensor, length: int) -> Tensor:
    """[B, ...] of the amplitude of each frequency in each frame."""
    window = torch.hann_window(length, device=x.device, dtype=x.dtype)
    flat = x.reshape(-1, x.shape[-1])
    spectrum = (
        torch.stft(flat, length, length // 4, window=window, pad_mode="constant", return_complex=True) / window.sum()
    )
    # The root of a sum that is not zero has a finite gradient.
    amplitudes = (spectrum.real.square() + spectrum.imag.square() + _LEAST**2).sqrt()
    return amplitudes.reshape(*x.shape[:-1], *amplitudes.shape[1:])
