"""Pseudo-quadrature mirror filter bank: audio as bands at a fraction of the rate, and back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

__all__ = ["Pqmf", "prototype"]

_ORDER_PER_BAND = 24
_ATTENUATION = 80.0  # dB, of the stop band
_STEPS = 60  # of the search for the cutoff
_GOLDEN = (5**0.5 - 1) / 2


class Pqmf(nn.Module):
    """Cosine-modulated filter bank of M bands (Nguyen 1994; prototype after Lin and Vaidyanathan 1998).

    With a low-pass prototype h of even order N, band k is analysed by
    h_k[n] = 2 h[n] cos((2 k + 1) pi / (2 M) (n - N / 2) + (-1)^k pi / 4), and synthesised by the same reversed in time.
    Aliasing between neighbours cancels; what remains is below -60 dB. Filters are centred: there is no delay.

    Args:
        bands: M, at least 2.
    """

    filters: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        if bands < 2:
            raise ValueError(f"bands: must be >= 2, not {bands}")
        self.bands = bands
        low_pass = prototype(bands)
        order = len(low_pass) - 1
        self._half = order // 2
        n, k = np.arange(order + 1), np.arange(bands)[:, None]
        phase = (2 * k + 1) * np.pi / (2 * bands) * (n - order / 2) + (-1.0) ** k * np.pi / 4
        filters = 2 * low_pass * np.cos(phase)
        filters /= np.sqrt(np.square(filters).sum())  # analysis and synthesis together then keep the level exactly
        self.register_buffer("filters", torch.from_numpy(filters)[:, None].float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Bands [B, M, T / M] of audio [B, 1, T]; T must be a multiple of M.

        Raises:
            ValueError: It is not.
        """
        if x.shape[-1] % self.bands:
            raise ValueError(f"{x.shape[-1]} samples are no multiple of {self.bands} bands")
        return F.conv1d(F.pad(x, (self._half, self._half)), self.filters.flip(2), stride=self.bands)[
            ..., : x.shape[-1] // self.bands
        ]

    def inverse(self, bands: Tensor) -> Tensor:
        """Audio [B, 1, T] of bands [B, M, T / M]."""
        length = bands.shape[-1] * self.bands
        whole = F.conv_transpose1d(bands, self.filters.flip(2), stride=self.bands)
        whole = F.pad(whole, (0, self.bands))
        return whole[..., self._half : self._half + length] * self.bands


def prototype(bands: int) -> npt.NDArray[np.float64]:
    """Low-pass filter [N + 1] whose cutoff makes the bank reconstruct best.

    A Kaiser-windowed sinc; the cutoff minimises how far the autocorrelation is from zero at multiples of 2 M, by
    golden-section search.
    """
    order = _ORDER_PER_BAND * bands
    low, high = 0.3 / bands, 0.8 / bands
    for _ in range(_STEPS):
        a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if _ripple(_sinc(order, a), bands) < _ripple(_sinc(order, b), bands):
            high = b
        else:
            low = a
    return _sinc(order, (low + high) / 2)


def _sinc(order: int, cutoff: float) -> npt.NDArray[np.float64]:
    """Kaiser-windowed sinc, cutoff in units of the Nyquist frequency."""
    n = np.arange(order + 1) - order / 2
    beta = 0.1102 * (_ATTENUATION - 8.7)
    window: npt.NDArray[np.float64] = cutoff * np.sinc(cutoff * n) * np.kaiser(order + 1, beta)
    return window


def _ripple(h: npt.NDArray[np.float64], bands: int) -> float:
    """Largest autocorrelation at a multiple of 2 M, relative to that at 0."""
    correlation = np.convolve(h, h[::-1])
    middle = len(h) - 1
    return float(np.abs(correlation[middle + 2 * bands :: 2 * bands]).max() / correlation[middle])
