#include "cpu/tone_prepare.h"

#include <cmath>

#include "common/elementary.h"

namespace synthkit {

namespace {

constexpr double kPi = 3.141592653589793;
constexpr double kTwo64 = 18446744073709551616.0;
constexpr double kLog2Of10Over20 = 0.16609640474436813;
constexpr uint64_t kQuarter = uint64_t{1} << 62;
constexpr double kStep = 1e30;  // slope of a ramp without length, and the steepest there is: 0 * infinity is no gain

// Fraction of a cycle in [0, 1) -> * 2^64.
uint64_t to_phase(double cycles) {
  const double fraction = cycles - std::floor(cycles);
  return fraction < 1.0 ? static_cast<uint64_t>(fraction * kTwo64) : 0;
}

// Harmonics strictly below Nyquist.
int64_t count_harmonics(double frequency, double nyquist) {
  auto count = static_cast<int64_t>(nyquist / frequency);
  while (count > 0 && static_cast<double>(count) * frequency >= nyquist) --count;
  while (static_cast<double>(count + 1) * frequency < nyquist) ++count;
  return count > 0 ? count : 1;
}

// Coefficient of harmonic k before amplitude and rolloff; 0 where the wave has none.
double coefficient(int32_t waveform, int64_t k, uint64_t duty) {
  const auto order = static_cast<double>(k);
  switch (waveform) {
    case kSquare:  // 4 / (pi k) sin(pi k d)
      return 4.0 / (kPi * order) * sin_cycle_exact(static_cast<uint64_t>(k) * (duty >> 1));
    case kSawtooth:
      return -2.0 / (kPi * order);
    case kTriangle:
      return k % 2 == 1 ? -8.0 / (kPi * kPi * order * order) : 0.0;
    default:
      return k == 1 ? 1.0 : 0.0;
  }
}

uint32_t shift(int32_t waveform, int64_t k, uint64_t duty) {
  switch (waveform) {
    case kSquare:  // cos(2 pi k (t - d / 2))
      return static_cast<uint32_t>((kQuarter - static_cast<uint64_t>(k) * (duty >> 1)) >> 32);
    case kTriangle:
      return static_cast<uint32_t>(kQuarter >> 32);
    default:
      return 0;
  }
}

// Fills harmonics and offset; returns the power of the unit wave.
double add_harmonics(const Tone& tone, double highest, double nyquist, uint64_t duty, ToneRow& row,
                     std::vector<Harmonic>& harmonics) {
  const int64_t count = tone.waveform == kSine ? 1 : count_harmonics(highest, nyquist);
  const double offset = tone.waveform == kSquare ? 2.0 * tone.duty - 1.0 : 0.0;
  double power = offset * offset;
  row.first_harmonic = static_cast<int32_t>(harmonics.size());
  for (int64_t k = 1; k <= count; ++k) {
    double c = coefficient(tone.waveform, k, duty);
    if (c == 0.0) continue;
    if (tone.rolloff != 0.0 && k > 1) {
      c *= exp2_exact(-tone.rolloff * log2_exact(static_cast<double>(k)) * kLog2Of10Over20);
    }
    power += 0.5 * c * c;
    harmonics.push_back(
        {static_cast<uint32_t>(k), shift(tone.waveform, k, duty), static_cast<float>(c * tone.amplitude)});
  }
  row.num_harmonics = static_cast<int32_t>(harmonics.size()) - row.first_harmonic;
  row.offset = static_cast<float>(offset * tone.amplitude);
  return power;
}

double naive_power(int32_t waveform) { return waveform == kSquare ? 1.0 : waveform == kSine ? 0.5 : 1.0 / 3.0; }

// Slope of a ramp of that many samples.
float slope(double samples) { return static_cast<float>(samples * kStep > 1.0 ? 1.0 / samples : kStep); }

void set_envelope(const Tone& tone, const ToneBatch& batch, ToneRow& row) {
  const double attack = tone.attack * batch.sample_rate;
  const double decay = tone.decay * batch.sample_rate;
  const double release = tone.release * batch.sample_rate;
  row.has_envelope = tone.attack > 0 || tone.release > 0 || tone.sustain != 1.0;
  row.attack_offset = attack > 0 ? 0.0f : 1.0f;
  row.attack_slope = attack > 0 ? slope(attack) : 0.0f;
  row.decay_start = static_cast<float>(attack);
  row.decay_offset = attack > 0 || decay > 0 ? 0.0f : 1.0f;
  row.decay_slope = slope(decay);
  row.fall = static_cast<float>(1.0 - tone.sustain);
  row.end = static_cast<float>(batch.num_samples);
  row.release_slope = slope(release);
}

}  // namespace

uint64_t phase_increment(double frequency, double sample_rate) {
  if (frequency <= 0.0) return 0;
  int frequency_exponent = 0, rate_exponent = 0;
  const auto numerator = static_cast<uint64_t>(std::ldexp(std::frexp(frequency, &frequency_exponent), 53));
  const auto denominator = static_cast<uint64_t>(std::ldexp(std::frexp(sample_rate, &rate_exponent), 53));
  // numerator / denominator is in (1/2, 2); the quotient wanted is that times 2^exponent.
  const int exponent = 64 + frequency_exponent - rate_exponent;
  if (exponent < 0) return 1;  // below 2^-63 of a cycle: rounded up to the smallest step
  using Wide = unsigned __int128;
  // Below 2^64 cycles per sample times a 53-bit numerator: no overflow while frequency < 2 * sample_rate.
  const Wide scaled = static_cast<Wide>(numerator) << exponent;
  return static_cast<uint64_t>((scaled + denominator - 1) / denominator);
}

ToneRow prepare_tone(const Tone& tone, const ToneBatch& batch, std::vector<Harmonic>& harmonics) {
  ToneRow row{};
  const double per_sample = tone.frequency / batch.sample_rate;
  const uint64_t duty = static_cast<uint64_t>(tone.duty * kTwo64);
  row.waveform = tone.waveform;
  row.antialias = batch.antialias;
  row.increment = phase_increment(tone.frequency, batch.sample_rate);
  row.phase0 = to_phase(tone.phase / (2.0 * kPi));
  row.duty = static_cast<uint32_t>(duty >> 32);
  row.amplitude = static_cast<float>(tone.amplitude);
  row.inverse_increment = static_cast<float>(1.0 / (per_sample * 4294967296.0));
  row.corner = static_cast<float>(tone.amplitude * 8.0 * per_sample / 6.0);
  double bend = 0.0;
  if (tone.vibrato_rate > 0 && tone.vibrato_depth > 0) {
    bend = exp2_exact(tone.vibrato_depth / 1200.0) - 1.0;
    // f d / (2 pi r) (1 - cos 2 pi r t) = f d / (pi r) sin^2(pi r t)
    row.vibrato_depth = tone.frequency * bend / (kPi * tone.vibrato_rate);
    row.vibrato_increment = phase_increment(tone.vibrato_rate, batch.sample_rate);
  }
  if (tone.tremolo_rate > 0) {
    row.tremolo_depth = static_cast<float>(tone.tremolo_depth);
    row.tremolo_increment = phase_increment(tone.tremolo_rate, batch.sample_rate);
  }
  double power = naive_power(tone.waveform);
  if (batch.antialias == kAdditive || tone.waveform == kSine) {
    const double highest = tone.frequency * (1.0 + bend);
    power = add_harmonics(tone, highest, batch.sample_rate / 2.0, duty, row, harmonics);
  }
  set_envelope(tone, batch, row);
  if (tone.snr < HUGE_VAL) {
    const double noise_power = power * tone.amplitude * tone.amplitude * exp2_exact(-tone.snr * 2.0 * kLog2Of10Over20);
    row.noise = static_cast<float>(std::sqrt(noise_power));
    row.key0 = static_cast<uint32_t>(batch.key);
    row.key1 = static_cast<uint32_t>(batch.key >> 32);
    row.index_low = static_cast<uint32_t>(tone.index);
    row.index_high = static_cast<uint32_t>(tone.index >> 32);
    row.stream = batch.stream;
  }
  return row;
}

}  // namespace synthkit
