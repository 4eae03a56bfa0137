// One sample of a tone, computed alone from the definitions in common/tone.h: what a CUDA thread does, and what the
// loops of every instruction set must equal bit for bit.
#pragma once

#include "common/philox.h"
#include "common/tone.h"

namespace synthkit::test {

inline uint32_t phase_at(const ToneRow& row, int64_t n) {
  const int lane = static_cast<int>(n % kBlock);
  uint32_t phase = base_phase(row, n - lane) + lane_phase(row.increment, lane);
  if (row.vibrato_depth != 0.0) phase += vibrato_offset(row.vibrato_depth, row.vibrato_increment, n);
  return phase;
}

inline float harmonic_at(const ToneRow& row, const Harmonic& h, int64_t n) {
  if (row.vibrato_depth != 0.0) return h.coefficient * sin_cycle(h.k * phase_at(row, n) + h.shift);
  const int lane = static_cast<int>(n % kBlock);
  const uint32_t base = h.k * base_phase(row, n - lane) + h.shift;
  const uint32_t turn = h.k * lane_phase(row.increment, lane);
  return rotate(h.coefficient * sin_cycle(base), h.coefficient * cos_cycle(base), sin_cycle(turn), cos_cycle(turn));
}

inline float harmonics_at(const ToneRow& row, const Harmonic* harmonics, int64_t n) {
  const Harmonic* first = harmonics + row.first_harmonic;
  float y = harmonic_at(row, first[0], n);
  for (int h = 1; h < row.num_harmonics; ++h) y = y + harmonic_at(row, first[h], n);
  return row.offset != 0.0f ? y + row.offset : y;
}

inline float wave_at(const ToneRow& row, const Harmonic* harmonics, int64_t n) {
  if (row.num_harmonics > 0) return harmonics_at(row, harmonics, n);
  const uint32_t phase = phase_at(row, n);
  const float a = row.amplitude, scaled = a * 4.656612873077393e-10f, inverse = row.inverse_increment;
  const bool blep = row.antialias == kPolyblep;
  switch (row.waveform) {
    case kSquare:
      return blep ? polyblep_square(phase, row.duty, a, inverse) : naive_square(phase, row.duty, a);
    case kSawtooth:
      return blep ? polyblep_sawtooth(phase, a, scaled, inverse) : naive_sawtooth(phase, scaled);
    default:
      return blep ? polyblep_triangle(phase, a, scaled, inverse, row.corner) : naive_triangle(phase, a, scaled);
  }
}

inline float noise_at(const ToneRow& row, int64_t n) {
  const PhiloxBlock w =
      philox4x32_10({static_cast<uint32_t>(n / 4), row.index_low, row.index_high, row.stream}, row.key0, row.key1);
  const bool second = n % 4 >= 2;
  const float radius = noise_radius(row.noise, second ? w.w2 : w.w0);
  const uint32_t angle = second ? w.w3 : w.w1;
  return radius * (n % 2 == 0 ? cos_cycle(angle) : sin_cycle(angle));
}

inline float sample_at(const ToneRow& row, const Harmonic* harmonics, int64_t n) {
  float y = wave_at(row, harmonics, n);
  if (row.has_envelope != 0) y = y * envelope_gain(row, static_cast<float>(n));
  if (row.tremolo_depth != 0.0f) y = y * tremolo_gain(row.tremolo_depth, row.tremolo_increment, n);
  return row.noise != 0.0f ? y + noise_at(row, n) : y;
}

}  // namespace synthkit::test
