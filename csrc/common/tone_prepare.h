// From a tone in human units to a ToneRow: double precision and whole numbers, the same code on every machine.
#pragma once

#include "common/elementary.h"
#include "common/tone.h"

namespace synthkit {

// One tone in human units, checked by the caller.
struct Tone {
  int32_t waveform;
  double frequency;                        // Hz, 0 < frequency < sample_rate
  double amplitude;                        // full scale is 1
  double phase;                            // radians
  double duty;                             // (0, 1)
  double rolloff;                          // dB / octave
  double attack, decay, sustain, release;  // s, s, 1, s
  double vibrato_rate, vibrato_depth;      // Hz, cents
  double tremolo_rate, tremolo_depth;      // Hz, 1
  double snr;                              // dB, infinity for none
  uint64_t index;
};

// What all tones of a batch share.
struct ToneBatch {
  int32_t antialias;
  double sample_rate;  // Hz
  int64_t num_samples;
  uint64_t key;
  uint32_t stream;
};

constexpr double kPi = 3.141592653589793;
constexpr double kTwo64 = 18446744073709551616.0;
constexpr double kLog2Of10Over20 = 0.16609640474436813;
constexpr double kSteepest =
    1e30;  // slope of a ramp without length, and the steepest there is: 0 * infinity is no gain

// mantissa * 2^(exponent - 53) = x > 0, with 2^52 <= mantissa < 2^53.
struct Split {
  uint64_t mantissa;
  int exponent;
};

SK_HD Split split(double x) {
  int shift = 0;
  if (x < 2.2250738585072014e-308) {  // below the normal numbers
    x *= kTwo64;
    shift = 64;
  }
  const uint64_t bits = bit_cast<uint64_t>(x);
  return {(bits & 0x000FFFFFFFFFFFFFu) | 0x0010000000000000u, int(bits >> 52) - 1022 - shift};
}

// Cycles per sample * 2^64, rounded up, exactly; frequency < sample_rate.
SK_HD uint64_t phase_increment(double frequency, double sample_rate) {
  if (frequency <= 0.0) return 0;
  const Split numerator = split(frequency), denominator = split(sample_rate);
  int bits = 64 + numerator.exponent - denominator.exponent;  // of the quotient behind the point
  if (bits < 0) return 1;                                     // below 2^-63 of a cycle: rounded up to the smallest step
  uint64_t quotient = numerator.mantissa / denominator.mantissa;
  uint64_t rest = numerator.mantissa % denominator.mantissa;
  while (bits > 0) {  // long division, 11 bits at a time: 2^53 * 2^11 still fits
    const int step = bits < 11 ? bits : 11;
    quotient = (quotient << step) + (rest << step) / denominator.mantissa;
    rest = (rest << step) % denominator.mantissa;
    bits -= step;
  }
  return quotient + (rest != 0);
}

// Fraction of a cycle -> * 2^64.
SK_HD uint64_t to_phase(double cycles) {
  const double fraction = cycles - __builtin_floor(cycles);
  return fraction < 1.0 ? uint64_t(fraction * kTwo64) : 0;
}

// Harmonics strictly below Nyquist; 1 at least.
SK_HD int64_t count_harmonics(double frequency, double nyquist) {
  int64_t count = int64_t(nyquist / frequency);
  while (count > 0 && double(count) * frequency >= nyquist) --count;
  while (double(count + 1) * frequency < nyquist) ++count;
  return count > 0 ? count : 1;
}

// Coefficient of harmonic k before amplitude and rolloff; 0 where the wave has none.
SK_HD double harmonic_coefficient(int32_t waveform, int64_t k, uint64_t duty) {
  const double order = double(k);
  switch (waveform) {
    case kSquare:  // 4 / (pi k) sin(pi k d)
      return 4.0 / (kPi * order) * sin_cycle_exact(uint64_t(k) * (duty >> 1));
    case kSawtooth:
      return -2.0 / (kPi * order);
    case kTriangle:
      return k % 2 == 1 ? -8.0 / (kPi * kPi * order * order) : 0.0;
    default:
      return k == 1 ? 1.0 : 0.0;
  }
}

SK_HD uint32_t harmonic_shift(int32_t waveform, int64_t k, uint64_t duty) {
  constexpr uint64_t quarter = uint64_t{1} << 62;
  switch (waveform) {
    case kSquare:  // cos(2 pi k (t - d / 2))
      return uint32_t((quarter - uint64_t(k) * (duty >> 1)) >> 32);
    case kTriangle:
      return uint32_t(quarter >> 32);
    default:
      return 0;
  }
}

// Largest ratio of a tone's frequency to its mean, less 1.
SK_HD double vibrato_bend(const Tone& tone) {
  if (!(tone.vibrato_rate > 0 && tone.vibrato_depth > 0)) return 0.0;
  return exp2_exact(tone.vibrato_depth / 1200.0) - 1.0;
}

// As many as prepared_tone appends, or more.
SK_HD int64_t most_harmonics(const Tone& tone, const ToneBatch& batch) {
  if (tone.waveform == kSine) return 1;
  if (batch.antialias != kAdditive) return 0;
  return count_harmonics(tone.frequency * (1.0 + vibrato_bend(tone)), batch.sample_rate / 2.0);
}

// Appends the harmonics, in order, and fills what the row says of them; returns the power of the unit wave.
template <typename Append>
SK_HD double add_harmonics(const Tone& tone, const ToneBatch& batch, uint64_t duty, ToneRow& row,
                           const Append& append) {
  const int64_t count = most_harmonics(tone, batch);
  const double offset = tone.waveform == kSquare ? 2.0 * tone.duty - 1.0 : 0.0;
  double power = offset * offset;
  int32_t kept = 0;
  for (int64_t k = 1; k <= count; ++k) {
    double c = harmonic_coefficient(tone.waveform, k, duty);
    if (c == 0.0) continue;
    if (tone.rolloff != 0.0 && k > 1) c *= exp2_exact(-tone.rolloff * log2_exact(double(k)) * kLog2Of10Over20);
    power += 0.5 * c * c;
    append(kept++, Harmonic{uint32_t(k), harmonic_shift(tone.waveform, k, duty), float(c * tone.amplitude)});
  }
  row.num_harmonics = kept;
  row.offset = float(offset * tone.amplitude);
  return power;
}

SK_HD double naive_power(int32_t waveform) { return waveform == kSquare ? 1.0 : waveform == kSine ? 0.5 : 1.0 / 3.0; }

// Slope of a ramp of that many samples.
SK_HD float ramp_slope(double samples) { return float(samples * kSteepest > 1.0 ? 1.0 / samples : kSteepest); }

SK_HD void set_envelope(const Tone& tone, const ToneBatch& batch, ToneRow& row) {
  const double attack = tone.attack * batch.sample_rate;
  const double decay = tone.decay * batch.sample_rate;
  const double release = tone.release * batch.sample_rate;
  row.has_envelope = tone.attack > 0 || tone.release > 0 || tone.sustain != 1.0;
  row.attack_offset = attack > 0 ? 0.0f : 1.0f;
  row.attack_slope = attack > 0 ? ramp_slope(attack) : 0.0f;
  row.decay_start = float(attack);
  row.decay_offset = attack > 0 || decay > 0 ? 0.0f : 1.0f;
  row.decay_slope = ramp_slope(decay);
  row.fall = float(1.0 - tone.sustain);
  row.end = float(batch.num_samples);
  row.release_slope = ramp_slope(release);
}

// The row of a tone whose harmonics begin at `first_harmonic`; append(i, harmonic) keeps the i-th of them.
template <typename Append>
SK_HD ToneRow prepared_tone(const Tone& tone, const ToneBatch& batch, int32_t first_harmonic, const Append& append) {
  ToneRow row{};
  const double per_sample = tone.frequency / batch.sample_rate;
  const uint64_t duty = uint64_t(tone.duty * kTwo64);
  row.waveform = tone.waveform;
  row.antialias = batch.antialias;
  row.increment = phase_increment(tone.frequency, batch.sample_rate);
  row.phase0 = to_phase(tone.phase / (2.0 * kPi));
  row.duty = uint32_t(duty >> 32);
  row.amplitude = float(tone.amplitude);
  row.inverse_increment = float(1.0 / (per_sample * 4294967296.0));
  row.corner = float(tone.amplitude * 8.0 * per_sample / 6.0);
  const double bend = vibrato_bend(tone);
  if (tone.vibrato_rate > 0 && tone.vibrato_depth > 0) {
    // f d / (2 pi r) (1 - cos 2 pi r t) = f d / (pi r) sin^2(pi r t)
    row.vibrato_depth = tone.frequency * bend / (kPi * tone.vibrato_rate);
    row.vibrato_increment = phase_increment(tone.vibrato_rate, batch.sample_rate);
  }
  if (tone.tremolo_rate > 0) {
    row.tremolo_depth = float(tone.tremolo_depth);
    row.tremolo_increment = phase_increment(tone.tremolo_rate, batch.sample_rate);
  }
  row.first_harmonic = first_harmonic;
  double power = naive_power(tone.waveform);
  if (batch.antialias == kAdditive || tone.waveform == kSine) power = add_harmonics(tone, batch, duty, row, append);
  set_envelope(tone, batch, row);
  if (tone.snr < __builtin_huge_val()) {
    const double noise_power = power * tone.amplitude * tone.amplitude * exp2_exact(-tone.snr * 2.0 * kLog2Of10Over20);
    row.noise = float(__builtin_sqrt(noise_power));
    row.key0 = uint32_t(batch.key);
    row.key1 = uint32_t(batch.key >> 32);
    row.index_low = uint32_t(tone.index);
    row.index_high = uint32_t(tone.index >> 32);
    row.stream = batch.stream;
  }
  return row;
}

}  // namespace synthkit
