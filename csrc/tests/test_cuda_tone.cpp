// The tone kernels, run on the CPU by the emulator, against the CPU's loops: bit for bit.
#include "cuda/tone.h"

#include <bit>
#include <vector>

#include "cpu/tone.h"
#include "tests/check.h"
#include "tests/tone_cases.h"

namespace {

using namespace synthkit;
using namespace synthkit::test;

// Below, at and above a quad, a block of 128 and a run of 4096.
constexpr int64_t kLengths[] = {1, 3, 4, 127, 128, 130, 1000, 4096, 4096 + 131};

size_t bytes_of(ToneFormat format) { return format == kFloat32 ? 4 : 2; }

struct Found {
  std::vector<std::byte> samples;
  std::vector<float> peaks;
};

Found on_cpu(const std::vector<Tone>& tones, const ToneBatch& batch, ToneFormat format, int64_t pitch) {
  const auto stride = pitch * static_cast<int64_t>(bytes_of(format));
  Found found{std::vector<std::byte>(tones.size() * static_cast<size_t>(stride), std::byte{0x5A}),
              std::vector<float>(tones.size())};
  render_tones(tones, batch, {found.samples.data(), stride, format}, found.peaks, 1);
  return found;
}

Found on_device(const std::vector<Tone>& tones, const ToneBatch& batch, ToneFormat format, int64_t pitch,
                size_t offset) {
  const size_t bytes = tones.size() * static_cast<size_t>(pitch) * bytes_of(format);
  const cuda::Bytes memory(bytes + offset, nullptr);
  auto* data = static_cast<std::byte*>(memory.data()) + offset;
  cuda::check(cudaMemsetAsync(data, 0x5A, bytes, nullptr), "memset");
  const cuda::Array<uint32_t> peaks(tones.size(), nullptr);
  cuda::check(cudaMemsetAsync(peaks.data(), 0, 4 * tones.size(), nullptr), "memset");
  const cuda::ToneRows rows(tones, batch, nullptr);
  cuda::render_tones(rows, {data, pitch, format}, peaks.data(), nullptr);
  Found found{std::vector<std::byte>(bytes), std::vector<float>(tones.size())};
  std::copy_n(data, bytes, found.samples.data());
  for (size_t i = 0; i < tones.size(); ++i) found.peaks[i] = std::bit_cast<float>(peaks.data()[i]);
  return found;
}

void compare(const std::vector<Tone>& tones, const ToneBatch& batch, ToneFormat format, int64_t pitch,
             size_t offset = 0) {
  const Found wanted = on_cpu(tones, batch, format, pitch), found = on_device(tones, batch, format, pitch, offset);
  const size_t size = bytes_of(format);
  for (size_t i = 0; i < wanted.samples.size(); ++i) {
    CHECK(wanted.samples[i] == found.samples[i], "mode %d, format %d, %lld samples: row %zu, sample %zu",
          batch.antialias, format, static_cast<long long>(batch.num_samples), i / size / static_cast<size_t>(pitch),
          i / size % static_cast<size_t>(pitch));
  }
  for (size_t i = 0; i < tones.size(); ++i) {
    CHECK(wanted.peaks[i] == found.peaks[i], "peak of row %zu: %.9g, not %.9g", i, found.peaks[i], wanted.peaks[i]);
  }
}

// The tones that a leaner kernel renders.
std::vector<Tone> plain_tones() {
  std::vector<Tone> tones;
  for (int32_t waveform = 0; waveform < 4; ++waveform) {
    for (const double frequency : {61.7, 440.0, 7100.0}) tones.push_back(plain_tone(waveform, frequency));
  }
  return tones;
}

std::vector<Tone> modulated_tones() {
  std::vector<Tone> tones;
  for (int32_t waveform = 0; waveform < 4; ++waveform) {
    for (int which = 1; which < 8; ++which) tones.push_back(modulated_tone(waveform, 523.25, which));
  }
  return tones;
}

}  // namespace

int main() {
  const std::vector<Tone> every[] = {plain_tones(), modulated_tones(), all_tones()};
  for (const auto& tones : every) {
    for (int mode = 0; mode < kModes; ++mode) {
      for (const int64_t length : kLengths) compare(tones, batch_of(mode, length), kFloat32, length);
      for (const ToneFormat format : {kPcm16, kBfloat16}) {
        compare(tones, batch_of(mode, 700), format, 700);
        compare(tones, batch_of(mode, 203), format, 203 + 23);  // rows apart by an odd number: no wide stores
      }
      compare(tones, batch_of(mode, 300), kFloat32, 304, 4);  // a first row that is not aligned to 16 bytes
    }
  }
  compare({}, batch_of(kNaive, 100), kFloat32, 100);
  CHECK(emulator::machine.in_use == 0, "%zu bytes were not freed", emulator::machine.in_use);
  return finish("cuda_tone");
}
