// From a tone in human units to a ToneRow; the same host code for all launchers.
#pragma once

#include <cstdint>
#include <vector>

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

// Cycles per sample * 2^64, rounded up, exactly: numerator and denominator are the doubles' own integers.
uint64_t phase_increment(double frequency, double sample_rate);

// Appends the tone's harmonics to `harmonics`.
ToneRow prepare_tone(const Tone& tone, const ToneBatch& batch, std::vector<Harmonic>& harmonics);

}  // namespace synthkit
