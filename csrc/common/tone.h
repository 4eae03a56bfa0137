// The arithmetic of tones: what one sample is, as inline functions of (row, sample number).
//
// Phase is an integer: 2^64 is one cycle. Samples come in blocks of kBlock; the phase of sample n is
//   hi32(phase0 + (n - l) * increment) + lane[l],   l = n mod kBlock,   lane[l] = hi32(l * increment + 2^32 - 1),
// all modulo one cycle, so that any sample can be computed alone and an exact edge falls on its right side.
#pragma once

#include "common/sine.h"

namespace synthkit {

constexpr int kBlock = 128;

enum Waveform : int32_t { kSine = 0, kSquare = 1, kSawtooth = 2, kTriangle = 3 };
enum Antialias : int32_t { kNaive = 0, kPolyblep = 1, kAdditive = 2 };
enum ToneFormat : int32_t { kFloat32 = 0, kPcm16 = 1, kBfloat16 = 2 };

// One harmonic: coefficient * sin(2 pi (k * phase + shift)).
struct Harmonic {
  uint32_t k;
  uint32_t shift;
  float coefficient;  // amplitude included
};

// One tone, ready to render. Prepared on the host by the same code for all launchers.
struct ToneRow {
  int32_t waveform;
  int32_t antialias;
  uint64_t increment;  // cycles per sample * 2^64
  uint64_t phase0;
  uint32_t duty;            // * 2^32
  float amplitude;          // full scale is 1
  float inverse_increment;  // 1 / (cycles per sample * 2^32): integer phase -> samples
  float corner;             // triangle's polyBLAMP: amplitude * 8 * cycles per sample / 6
  float offset;             // constant part of additive waves, amplitude included
  int32_t first_harmonic;   // into the array of harmonics
  int32_t num_harmonics;
  // Vibrato: phase offset depth * sin^2(pi * rate * t) cycles. Depth 0 means none.
  double vibrato_depth;
  uint64_t vibrato_increment;
  // Tremolo: gain 1 - depth * sin^2(pi * rate * t). Depth 0 means none.
  float tremolo_depth;
  uint64_t tremolo_increment;
  // ADSR in samples: gain min(1, a0 + n a1) * (1 - fall * clamp(d0 + (n - d_start) d1)) * clamp((end - n) r1).
  int32_t has_envelope;
  float attack_offset, attack_slope;
  float decay_start, decay_offset, decay_slope, fall;
  float end, release_slope;
  // Noise: standard deviation 0 means none.
  float noise;
  uint32_t key0, key1, index_low, index_high, stream;
};

SK_HD uint32_t base_phase(const ToneRow& row, int64_t block_start) {
  return uint32_t((row.phase0 + uint64_t(block_start) * row.increment) >> 32);
}

SK_HD uint32_t lane_phase(uint64_t increment, int lane) {
  return uint32_t((uint64_t(lane) * increment + 0xFFFFFFFFu) >> 32);
}

// Offset of the phase by vibrato, as a 32-bit phase; `turn` is sample number * increment. Even in double the sine
// squared is the one of the low-frequency oscillator's top 32 bits; adding 1.5 * 2^52 rounds to a whole number in the
// low mantissa bits.
SK_HD uint32_t vibrato_at(double depth, uint64_t turn) {
  const uint32_t cycle = uint32_t(turn >> 32);
  const double q = double(int32_t(cycle)) * 4.656612873077393e-10;  // 2^-31: sin(pi x) with x in [-1/2, 1/2)
  const double z = q * q;
  double p = -6.6880351098114673e-10;  // sin(pi/2 q), series to q^15
  p = p * z + 5.6921729219679268e-08;
  p = p * z - 3.5988432352120853e-06;
  p = p * z + 1.6044118478735982e-04;
  p = p * z - 4.6817541353186883e-03;
  p = p * z + 7.9692626246167046e-02;
  p = p * z - 6.4596409750624625e-01;
  p = p * z + 1.5707963267948966;
  const double s = p * q;
  // The product with 2^32 is exact, so depth may have it beforehand.
  return uint32_t(bit_cast<uint64_t>((depth * 4294967296.0) * (s * s) + 6755399441055744.0));
}

SK_HD uint32_t vibrato_offset(double depth, uint64_t increment, int64_t n) {
  return vibrato_at(depth, uint64_t(n) * increment);
}

// Naive shapes of a 32-bit phase, scipy.signal's conventions.
SK_HD float naive_square(uint32_t phase, uint32_t duty, float amplitude) {
  return phase < duty ? amplitude : -amplitude;
}

// amplitude_scaled = amplitude * 2^-31
SK_HD float naive_sawtooth(uint32_t phase, float amplitude_scaled) {
  return float(int32_t(phase ^ 0x80000000u)) * amplitude_scaled;
}

SK_HD float naive_triangle(uint32_t phase, float amplitude, float amplitude_scaled) {
  const float ramp = float(int32_t(phase ^ 0x80000000u)) * (2.0f * amplitude_scaled);
  return amplitude - __builtin_fabsf(ramp);
}

// 1 - |distance in samples| to an edge at phase 0, not below 0.
SK_HD float nearness(int32_t distance, float inverse_increment) {
  const float s = float(distance) * inverse_increment;
  const float near = 1.0f - __builtin_fabsf(s);
  return near > 0.0f ? near : 0.0f;
}

// Two-sample polyBLEP residual of an upward step of 2 at phase 0, to be subtracted from the naive wave.
SK_HD float step_residual(uint32_t phase, float inverse_increment) {
  const int32_t distance = int32_t(phase);
  const float near = nearness(distance, inverse_increment);
  return distance < 0 ? -(near * near) : near * near;
}

SK_HD float polyblep_square(uint32_t phase, uint32_t duty, float amplitude, float inverse_increment) {
  const float up = step_residual(phase, inverse_increment);
  const float down = step_residual(phase - duty, inverse_increment);
  return naive_square(phase, duty, amplitude) - amplitude * (up - down);
}

SK_HD float polyblep_sawtooth(uint32_t phase, float amplitude, float amplitude_scaled, float inverse_increment) {
  return naive_sawtooth(phase, amplitude_scaled) + amplitude * step_residual(phase, inverse_increment);
}

// Corners are smoothed by the integrated residual (polyBLAMP).
SK_HD float polyblep_triangle(uint32_t phase, float amplitude, float amplitude_scaled, float inverse_increment,
                              float corner) {
  const float low = nearness(int32_t(phase), inverse_increment);
  const float high = nearness(int32_t(phase ^ 0x80000000u), inverse_increment);
  return naive_triangle(phase, amplitude, amplitude_scaled) + corner * (low * low * low - high * high * high);
}

// Harmonic by rotation: sine and cosine of the block's base (coefficient included) and of the lane.
SK_HD float rotate(float base_sin, float base_cos, float lane_sin, float lane_cos) {
  return base_sin * lane_cos + base_cos * lane_sin;
}

SK_HD float envelope_gain(const ToneRow& row, float n) {
  float attack = row.attack_offset + n * row.attack_slope;
  attack = attack < 1.0f ? attack : 1.0f;
  float decay = row.decay_offset + (n - row.decay_start) * row.decay_slope;
  decay = decay > 0.0f ? decay : 0.0f;
  decay = decay < 1.0f ? decay : 1.0f;
  float release = (row.end - n) * row.release_slope;
  release = release < 1.0f ? release : 1.0f;
  return attack * (1.0f - row.fall * decay) * release;
}

// Whether the gain is the same, to the bit, from sample `first` to `last`: attack and decay rise, release falls, and
// each of them ends at 1.
SK_HD bool envelope_is_level(const ToneRow& row, float first, float last) {
  const float attack = row.attack_offset + first * row.attack_slope;
  const float decay = row.decay_offset + (first - row.decay_start) * row.decay_slope;
  const float release = (row.end - last) * row.release_slope;
  return (attack >= 1.0f) & (decay >= 1.0f) & (release >= 1.0f);
}

// `turn` as for vibrato.
SK_HD float tremolo_at(float depth, uint64_t turn) {
  const float s = sin_cycle(uint32_t(turn >> 32) >> 1);
  return 1.0f - depth * (s * s);
}

SK_HD float tremolo_gain(float depth, uint64_t increment, int64_t n) {
  return tremolo_at(depth, uint64_t(n) * increment);
}

// A normal number of two random words: radius and angle of Box and Muller (1958); the other one of the pair is the
// sine.
SK_HD float noise_radius(float deviation, uint32_t word) { return deviation * square_root(minus_two_log(word)); }

// Full scale -> 16 bits, half to even, for |y| < 64; the caller refuses what does not fit 16 bits.
SK_HD int32_t quantize(float y) { return bit_cast<int32_t>(y * 32767.0f + 12582912.0f) - 0x4B400000; }

// The same, kept within 16 bits.
SK_HD int16_t to_pcm16(float y) {
  int32_t value = quantize(y);
  value = value > 32767 ? 32767 : value;
  value = value < -32767 ? -32767 : value;
  return int16_t(value);
}

// The upper half of a float, halves to even; y is finite.
SK_HD uint16_t to_bfloat16(float y) {
  const uint32_t bits = bit_cast<uint32_t>(y);
  return uint16_t((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace synthkit
