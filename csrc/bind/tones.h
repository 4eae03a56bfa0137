// Tones as Python has them.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <vector>

#include "common/tone_prepare.h"

namespace synthkit {

using Doubles = pybind11::array_t<double, pybind11::array::c_style>;
using Ints = pybind11::array_t<int32_t, pybind11::array::c_style>;
using Indices = pybind11::array_t<uint64_t, pybind11::array::c_style>;

constexpr pybind11::ssize_t kToneColumns = 14;

// waveform [n]; settings [n, 14]: frequency, amplitude, phase, duty, rolloff, attack, decay, sustain, release, vibrato
// rate and depth, tremolo rate and depth, snr; index [n].
inline std::vector<Tone> gather_tones(const Ints& waveform, const Doubles& settings, const Indices& index) {
  namespace py = pybind11;
  const py::ssize_t n = waveform.size();
  if (settings.ndim() != 2 || settings.shape(0) != n || settings.shape(1) != kToneColumns || index.size() != n) {
    throw py::value_error("waveform [n], settings [n, 14] and index [n] do not match");
  }
  std::vector<Tone> tones(static_cast<size_t>(n));
  const double* s = settings.data();
  for (py::ssize_t i = 0; i < n; ++i, s += kToneColumns) {
    tones[static_cast<size_t>(i)] = {
        waveform.data()[i], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12], s[13],
        index.data()[i]};
  }
  return tones;
}

}  // namespace synthkit
