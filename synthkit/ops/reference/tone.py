"""Tones in NumPy: the definitions of csrc/common/tone.h, one operation after the other, so with the same bits."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, pi, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.ops.reference.elementary import exp2, log2
from synthkit.ops.reference.elementary import sin_cycle as sin_cycle_double
from synthkit.ops.reference.philox import philox4x32
from synthkit.ops.tone_input import ToneInput

__all__ = ["phase_increment", "render_into", "sin_cycle"]

BLOCK = 128
_SINE, _SQUARE, _SAWTOOTH, _TRIANGLE = range(4)
_NAIVE, _POLYBLEP, _ADDITIVE = range(3)
_CYCLE = 2**64
_LOG2_OF_10_OVER_20 = 0.16609640474436813
_SERIES = (1.5082056052051485e-04, -4.672227893024683e-03, 7.968848198652267e-02, -6.459633708000183e-01)
_VIBRATO_SERIES = (
    -6.6880351098114673e-10,
    5.6921729219679268e-08,
    -3.5988432352120853e-06,
    1.6044118478735982e-04,
    -4.6817541353186883e-03,
    7.9692626246167046e-02,
    -6.4596409750624625e-01,
    1.5707963267948966,
)

F = np.float32
Floats = npt.NDArray[np.float32]
Phases = npt.NDArray[np.uint32]


def render_into(tones: ToneInput, rows: npt.NDArray[Any]) -> Floats:
    """Render into float32, int16 or bfloat16 (uint16) [N, num_samples]; returns the peaks float32 [N] of int16 rows."""
    peaks = np.zeros(len(rows), np.float32)
    for i in range(len(rows)):
        y = _render_row(tones, i)
        if rows.dtype == np.int16:
            peaks[i] = np.abs(y).max()
            bits = (y * F(32767.0) + F(12582912.0)).view(np.int32) - np.int32(0x4B400000)
            rows[i] = np.clip(bits, -32767, 32767)
        elif rows.dtype == np.uint16:  # bfloat16
            wide = y.view(np.uint32)
            rows[i] = (wide + np.uint32(0x7FFF) + ((wide >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
        else:
            rows[i] = y
    return peaks


def phase_increment(frequency: float, sample_rate: float) -> int:
    """Cycles per sample * 2^64, rounded up, exactly."""
    return ceil(Fraction(frequency) / Fraction(sample_rate) * _CYCLE)


def sin_cycle(phase: Phases) -> Floats:
    """sin(2 pi phase / 2^32), float32."""
    beyond = ((phase ^ (phase << np.uint32(1))).view(np.int32) >> np.int32(31)).view(np.uint32)
    folded = ((phase ^ beyond) - beyond + (beyond & np.uint32(0x80000000))).view(np.int32)
    q = folded.astype(np.float32) * F(2.0**-30)
    z = q * q
    p = np.full_like(z, F(_SERIES[0]))
    for coefficient in _SERIES[1:]:
        p = p * z + F(coefficient)
    result: Floats = (p * z + F(1.570796251296997)) * q
    return result


def _cos_cycle(phase: Phases) -> Floats:
    return sin_cycle(phase + np.uint32(0x40000000))


def _render_row(tones: ToneInput, i: int) -> Floats:
    s = tones.settings[i].tolist()
    waveform = int(tones.waveform[i])
    base, lanes, phase = _phases(s, tones)
    bent = _vibrato_depth(s) != 0
    power = {_SINE: 0.5, _SQUARE: 1.0}.get(waveform, 1.0 / 3.0)
    if tones.antialias == _ADDITIVE or waveform == _SINE:
        y, power = _harmonics(waveform, s, tones, base, lanes, phase if bent else None)
    elif tones.antialias == _POLYBLEP:
        y = _polyblep(waveform, s, tones, phase)
    else:
        y = _naive(waveform, s, phase)
    y = _gains(y, s, tones)
    sigma = _noise_deviation(s, power)
    if sigma > 0:
        y = y + _noise(sigma, tones, i)
    return y


def _phases(s: list[float], tones: ToneInput) -> tuple[Phases, Phases, Phases]:
    """Base phase of each sample's block, lane phase, and the phase itself (vibrato included), all uint32 [T]."""
    n = np.arange(tones.num_samples, dtype=np.uint64)
    lane = n % np.uint64(BLOCK)
    increment = np.uint64(phase_increment(s[0], tones.sample_rate))
    cycles = s[2] / (2.0 * pi)
    fraction = cycles - floor(cycles)
    phase0 = np.uint64(int(fraction * _CYCLE) if fraction < 1 else 0)
    high = np.uint64(32)
    base = ((phase0 + (n - lane) * increment) >> high).astype(np.uint32)
    lanes = ((lane * increment + np.uint64(0xFFFFFFFF)) >> high).astype(np.uint32)
    phase = base + lanes
    depth = _vibrato_depth(s)
    if depth != 0:
        phase = phase + _vibrato(depth, s[9], tones, n)
    return base, lanes, phase


def _bend(s: list[float]) -> float:
    return float(exp2(np.array([s[10] / 1200.0]))[0]) - 1.0


def _vibrato_depth(s: list[float]) -> float:
    """Largest phase offset, cycles; 0 for none."""
    return s[0] * _bend(s) / (pi * s[9]) if s[9] > 0 and s[10] > 0 else 0.0


def _vibrato(depth: float, rate: float, tones: ToneInput, n: npt.NDArray[np.uint64]) -> Phases:
    q = _lfo(rate, tones, n).view(np.int32).astype(np.float64) * 4.656612873077393e-10
    z = q * q
    p = np.full_like(z, _VIBRATO_SERIES[0])
    for coefficient in _VIBRATO_SERIES[1:]:
        p = p * z + coefficient
    sine = p * q
    return (depth * (sine * sine) * 4294967296.0 + 6755399441055744.0).view(np.uint64).astype(np.uint32)


def _lfo(rate: float, tones: ToneInput, n: npt.NDArray[np.uint64]) -> Phases:
    increment = np.uint64(phase_increment(rate, tones.sample_rate))
    return ((n * increment) >> np.uint64(32)).astype(np.uint32)


def _naive(waveform: int, s: list[float], phase: Phases) -> Floats:
    amplitude = F(s[1])
    scaled = amplitude * F(2.0**-31)
    ramp = (phase ^ np.uint32(0x80000000)).view(np.int32).astype(np.float32)
    if waveform == _SQUARE:
        return np.where(phase < np.uint32(int(s[3] * _CYCLE) >> 32), amplitude, -amplitude)
    if waveform == _SAWTOOTH:
        return ramp * scaled
    return amplitude - np.abs(ramp * (F(2.0) * scaled))


def _polyblep(waveform: int, s: list[float], tones: ToneInput, phase: Phases) -> Floats:
    amplitude = F(s[1])
    per_sample = s[0] / tones.sample_rate
    inverse = F(1.0 / (per_sample * 4294967296.0))

    def nearness(p: Phases) -> Floats:
        return np.maximum(F(1.0) - np.abs(p.view(np.int32).astype(np.float32) * inverse), F(0.0))

    def residual(p: Phases) -> Floats:
        near = nearness(p)
        return np.where(p.view(np.int32) < 0, -(near * near), near * near)

    naive = _naive(waveform, s, phase)
    if waveform == _SQUARE:
        down = residual(phase - np.uint32(int(s[3] * _CYCLE) >> 32))
        return naive - amplitude * (residual(phase) - down)
    if waveform == _SAWTOOTH:
        return naive + amplitude * residual(phase)
    corner = F(s[1] * 8.0 * per_sample / 6.0)
    low, high = nearness(phase), nearness(phase ^ np.uint32(0x80000000))
    return naive + corner * (low * low * low - high * high * high)


def _harmonics(
    waveform: int, s: list[float], tones: ToneInput, base: Phases, lanes: Phases, bent: Phases | None
) -> tuple[Floats, float]:
    """The sum of all harmonics, and the power of the unit wave."""
    duty = int(s[3] * _CYCLE)
    highest = s[0]
    if bent is not None:
        highest = s[0] * (1.0 + _bend(s))
    count = 1 if waveform == _SINE else _count_harmonics(highest, tones.sample_rate / 2.0)
    offset = 2.0 * s[3] - 1.0 if waveform == _SQUARE else 0.0
    power = offset * offset
    y: Floats | None = None
    for k in range(1, count + 1):
        c, shift = _coefficient(waveform, k, duty)
        if c == 0.0:
            continue
        if s[4] != 0.0 and k > 1:
            octaves = float(log2(np.array([float(k)]))[0])
            c = c * float(exp2(np.array([-s[4] * octaves * _LOG2_OF_10_OVER_20]))[0])
        power += 0.5 * c * c
        add = _harmonic(np.uint32(k), np.uint32(shift), F(c * s[1]), base, lanes, bent)
        y = add if y is None else y + add
    total = y if y is not None else np.zeros(tones.num_samples, np.float32)
    shifted = F(offset * s[1])
    return (total + shifted if shifted != 0 else total), power


def _harmonic(
    k: np.uint32, shift: np.uint32, coefficient: np.float32, base: Phases, lanes: Phases, bent: Phases | None
) -> Floats:
    if bent is not None:
        return coefficient * sin_cycle(k * bent + shift)
    start = k * base + shift
    lane = k * lanes
    return (coefficient * sin_cycle(start)) * _cos_cycle(lane) + (coefficient * _cos_cycle(start)) * sin_cycle(lane)


def _count_harmonics(frequency: float, nyquist: float) -> int:
    count = int(nyquist / frequency)
    while count > 0 and count * frequency >= nyquist:
        count -= 1
    while (count + 1) * frequency < nyquist:
        count += 1
    return max(count, 1)


def _coefficient(waveform: int, k: int, duty: int) -> tuple[float, int]:
    """Coefficient of harmonic k before amplitude and rolloff, and its phase shift as a 32-bit phase."""
    half = (k * (duty >> 1)) % _CYCLE
    if waveform == _SQUARE:
        sine = float(sin_cycle_double(np.array([half], np.uint64))[0])
        return 4.0 / (pi * k) * sine, ((2**62 - half) % _CYCLE) >> 32
    if waveform == _SAWTOOTH:
        return -2.0 / (pi * k), 0
    if waveform == _TRIANGLE:
        return (-8.0 / (pi * pi * float(k) * float(k)) if k % 2 else 0.0), 2**30
    return (1.0 if k == 1 else 0.0), 0


def _gains(y: Floats, s: list[float], tones: ToneInput) -> Floats:
    if s[5] > 0 or s[8] > 0 or s[7] != 1.0:
        y = y * _envelope(s, tones)
    if s[11] > 0 and F(s[12]) != 0:
        n = np.arange(tones.num_samples, dtype=np.uint64)
        sine = sin_cycle(_lfo(s[11], tones, n) >> np.uint32(1))
        y = y * (F(1.0) - F(s[12]) * (sine * sine))
    return y


def _envelope(s: list[float], tones: ToneInput) -> Floats:
    n = np.arange(tones.num_samples).astype(np.float32)
    attack, decay, release = (s[k] * tones.sample_rate for k in (5, 6, 8))

    def slope(samples: float) -> np.float32:
        return F(1.0 / samples if samples * 1e30 > 1.0 else 1e30)

    rise = n * (slope(attack) if attack > 0 else F(0.0)) + (F(0.0) if attack > 0 else F(1.0))
    fall = (n - F(attack)) * slope(decay)
    fall = fall + (F(0.0) if attack > 0 or decay > 0 else F(1.0))
    end = (F(tones.num_samples) - n) * slope(release)
    rise, fall, end = np.minimum(rise, F(1.0)), np.clip(fall, F(0.0), F(1.0)), np.minimum(end, F(1.0))
    return rise * (F(1.0) - F(1.0 - s[7]) * fall) * end


def _noise_deviation(s: list[float], power: float) -> np.float32:
    if s[13] == np.inf:
        return F(0.0)
    scale = float(exp2(np.array([-s[13] * 2.0 * _LOG2_OF_10_OVER_20]))[0])
    return F(sqrt(power * s[1] * s[1] * scale))


def _noise(sigma: np.float32, tones: ToneInput, i: int) -> Floats:
    quads = -(-tones.num_samples // 4)
    index = int(tones.index[i])
    counters = np.empty((quads, 4), np.uint32)
    counters[:, 0] = np.arange(quads)
    counters[:, 1:] = (index & 0xFFFFFFFF, index >> 32, tones.stream)
    words = philox4x32(counters, np.array([tones.key & 0xFFFFFFFF, tones.key >> 32], np.uint32))
    r, q = (sigma * np.sqrt(_minus_two_log(words[:, j])) for j in (0, 2))
    a, b = words[:, 1], words[:, 3]
    z = np.stack([r * _cos_cycle(a), r * sin_cycle(a), q * _cos_cycle(b), q * sin_cycle(b)], axis=1)
    return z.reshape(-1)[: tones.num_samples]


def _minus_two_log(words: Phases) -> Floats:
    u = (words >> np.uint32(8)).astype(np.float32) + F(0.5)
    bits = u.view(np.uint32)
    exponent = (bits - np.uint32(0x3F3504F3)).view(np.int32) >> np.int32(23)
    m = (bits - (exponent.view(np.uint32) << np.uint32(23))).view(np.float32)
    s = (m - F(1.0)) / (m + F(1.0))
    z = s * s
    p = np.full_like(z, F(0.22222222))
    for coefficient in (0.28571429, 0.4, 0.66666667, 2.0):
        p = p * z + F(coefficient)
    log_u = (exponent - 24).astype(np.float32) * F(0.69314718) + s * p
    return np.maximum(F(-2.0) * log_u, F(0.0))
