// The loops of every instruction set against one sample at a time, bit for bit; and int16 against float32.
#include "cpu/tone.h"

#include <bit>
#include <cmath>

#include "cpu/dispatch.h"
#include "tests/check.h"
#include "tests/tone_cases.h"
#include "tests/tone_sample.h"

namespace {

using namespace synthkit;
using namespace synthkit::test;

// Below, at and above a block of 128; the last one crosses a tile of 16384.
constexpr int64_t kLengths[] = {1, 3, 127, 128, 129, 1000, 16384 + 131};

std::vector<float> render(const std::vector<Tone>& tones, const ToneBatch& batch) {
  const auto samples = static_cast<size_t>(batch.num_samples);
  std::vector<float> out(tones.size() * samples), peaks(tones.size());
  render_tones(tones, batch, {reinterpret_cast<std::byte*>(out.data()), 4 * batch.num_samples, kFloat32}, peaks, 1);
  return out;
}

void check_against_samples(const std::vector<Tone>& tones, const ToneBatch& batch, const char* path) {
  const std::vector<float> out = render(tones, batch);
  // Long rows are looked at here and there, short ones everywhere.
  const int64_t step = batch.num_samples > 2000 ? 37 : 1;
  for (size_t i = 0; i < tones.size(); ++i) {
    std::vector<Harmonic> harmonics;
    const ToneRow row = prepare_tone(tones[i], batch, harmonics);
    const float* found = out.data() + i * static_cast<size_t>(batch.num_samples);
    for (int64_t n = 0; n < batch.num_samples; n += step) {
      const float wanted = sample_at(row, harmonics.data(), n);
      CHECK(std::bit_cast<uint32_t>(found[n]) == std::bit_cast<uint32_t>(wanted),
            "%s, mode %d, tone %zu, sample %lld of %lld: %.9g, not %.9g", path, batch.antialias, i,
            static_cast<long long>(n), static_cast<long long>(batch.num_samples), found[n], wanted);
    }
  }
}

void check_int16(const std::vector<Tone>& tones, const ToneBatch& batch) {
  const std::vector<float> wanted = render(tones, batch);
  const auto samples = static_cast<size_t>(batch.num_samples);
  // Rows apart by an odd number of samples, as in WAV files side by side; the gap must stay untouched.
  const size_t pitch = samples + 23;
  std::vector<int16_t> out(tones.size() * pitch, 12345);
  std::vector<float> peaks(tones.size());
  render_tones(tones, batch, {reinterpret_cast<std::byte*>(out.data()), static_cast<int64_t>(2 * pitch), kPcm16}, peaks,
               1);
  for (size_t i = 0; i < tones.size(); ++i) {
    float peak = 0.0f;
    for (size_t n = 0; n < samples; ++n) {
      const float y = wanted[i * samples + n];
      peak = std::fmax(peak, std::fabs(y));
      CHECK(out[i * pitch + n] == std::nearbyint(y * 32767.0f), "tone %zu, sample %zu", i, n);
    }
    CHECK(peaks[i] == peak, "tone %zu: peak %.9g, not %.9g", i, peaks[i], peak);
    for (size_t n = samples; n < pitch; ++n) CHECK(out[i * pitch + n] == 12345, "the gap of row %zu", i);
  }
}

void check_bfloat16(const std::vector<Tone>& tones, const ToneBatch& batch) {
  const std::vector<float> wanted = render(tones, batch);
  std::vector<uint16_t> out(wanted.size());
  std::vector<float> peaks(tones.size());
  render_tones(tones, batch, {reinterpret_cast<std::byte*>(out.data()), 2 * batch.num_samples, kBfloat16}, peaks, 1);
  for (size_t i = 0; i < out.size(); ++i) {
    // Of the two 8-bit neighbours the nearer one; of two as near, the even one.
    const auto below = static_cast<uint32_t>(std::bit_cast<uint32_t>(wanted[i]) & 0xFFFF0000u);
    const auto value = [](uint32_t bits) { return double{std::bit_cast<float>(bits)}; };
    const double down = std::fabs(wanted[i] - value(below)), up = std::fabs(value(below + 0x10000u) - wanted[i]);
    const bool odd = (below & 0x10000u) != 0;
    const uint32_t nearest = up < down || (up == down && odd) ? below + 0x10000u : below;
    CHECK(out[i] == nearest >> 16, "sample %zu: %.9g became %x", i, wanted[i], out[i]);
  }
}

}  // namespace

int main() {
  const std::vector<Tone> tones = all_tones();
  for (int p = 0; p < kNumCpuPaths; ++p) {
    if (!set_cpu_path(CpuPath(p))) continue;
    for (int mode = 0; mode < kModes; ++mode) {
      for (const int64_t length : kLengths) check_against_samples(tones, batch_of(mode, length), kCpuPathNames[p]);
      check_int16(tones, batch_of(mode, 700));
      check_bfloat16(tones, batch_of(mode, 300));
    }
  }
  return finish("tone");
}
