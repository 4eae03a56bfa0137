// Tones that between them reach every branch of the loops: all waves and modes, with and without each modulation.
#pragma once

#include <limits>
#include <vector>

#include "common/tone_prepare.h"

namespace synthkit::test {

inline constexpr double kRate = 16000.0;
inline constexpr int kModes = 3;

inline Tone plain_tone(int32_t waveform, double frequency) {
  Tone tone{};
  tone.waveform = waveform;
  tone.frequency = frequency;
  tone.amplitude = 0.4;
  tone.duty = 0.5;
  tone.sustain = 1.0;
  tone.snr = std::numeric_limits<double>::infinity();
  return tone;
}

inline Tone modulated_tone(int32_t waveform, double frequency, int which) {
  Tone tone = plain_tone(waveform, frequency);
  if (which & 1) tone.vibrato_rate = 5.5, tone.vibrato_depth = 40.0;
  if (which & 2) tone.attack = 0.01, tone.decay = 0.02, tone.sustain = 0.6, tone.release = 0.03;
  if (which & 4) tone.tremolo_rate = 7.0, tone.tremolo_depth = 0.5;
  if (which & 8) tone.snr = 20.0;
  tone.phase = 0.7;
  tone.duty = 0.3;
  tone.rolloff = which & 2 ? 3.0 : 0.0;
  return tone;
}

inline std::vector<Tone> all_tones() {
  std::vector<Tone> tones;
  for (int32_t waveform = 0; waveform < 4; ++waveform) {
    for (const double frequency : {61.7, 440.0, 2000.0, 7100.0}) tones.push_back(plain_tone(waveform, frequency));
    for (int which = 0; which < 16; ++which) tones.push_back(modulated_tone(waveform, 523.25, which));
  }
  for (size_t i = 0; i < tones.size(); ++i) tones[i].index = i + (uint64_t{7} << 32);
  return tones;
}

inline ToneBatch batch_of(int32_t antialias, int64_t num_samples) {
  return {antialias, kRate, num_samples, 0x0123456789ABCDEFu, 42};
}

}  // namespace synthkit::test
