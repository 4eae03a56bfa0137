"""The multi-scale spectral distance (paper, equation 6; after Engel et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["spectral_convergence", "spectral_distance"]

_LEAST = 1e-7  # of norms whose logarithm is taken
_QUIET = 1e-4  # of a full-scale sine, -80 dB: what is softer divides as if it were that loud


def spectral_distance(x: Tensor, y: Tensor, windows: Sequence[int]) -> Tensor:
    """Sum over windows of ||S(x) - S(y)||_F / ||S(x)||_F + log ||S(x) - S(y)||_1, mean over the batch.

    S is the amplitude of a short-time Fourier transform with a Hann window, normalised by the sum of the window, a
    quarter of the window from frame to frame. The norm whose logarithm is taken is at least 1e-7, so that the distance
    of equal sounds is finite; the norm that divides is at least that of amplitudes of 1e-4 everywhere, so that pauses,
    in which there is next to nothing to be relative to, do not outweigh all else.

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
        relative = difference.norm(dim=1) / _size(a)
        total = total + relative + difference.abs().sum(1).clamp_min(_LEAST).log()
    return total.mean()


def spectral_convergence(x: Tensor, y: Tensor, windows: Sequence[int]) -> Tensor:
    """The first term of the distance by itself: mean over windows and batch of ||S(x) - S(y)||_F / ||S(x)||_F.

    0 for equal sounds, 1 for silence in place of the sound; unlike the whole distance, which holds logarithms, it can
    be said to fall by a factor.
    """
    shares = []
    for length in windows:
        a, b = _amplitudes(x, length), _amplitudes(y, length)
        shares.append((a - b).flatten(1).norm(dim=1) / _size(a))
    return torch.stack(shares).mean()


def _size(amplitudes: Tensor) -> Tensor:
    """Norm of each example's amplitudes, [B]."""
    flat = amplitudes.flatten(1)
    least: float = _QUIET * flat.shape[1] ** 0.5
    size: Tensor = flat.norm(dim=1).clamp_min(least)
    return size


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
