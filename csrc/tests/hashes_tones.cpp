// Tones: every wave, way of antialiasing and modulation, in every format.
#include "cpu/tone.h"
#include "tests/hashes.h"
#include "tests/tone_cases.h"

namespace synthkit::test {

namespace {

constexpr const char* kWaves[] = {"sine", "square", "sawtooth", "triangle"};
constexpr const char* kModeNames[kModes] = {"naive", "polyblep", "additive"};

// Samples, and the peaks that int16 has.
template <typename Sample>
std::string hash_samples(ToneFormat format, const std::vector<Tone>& tones, const ToneBatch& batch) {
  const auto samples = static_cast<size_t>(batch.num_samples);
  std::vector<Sample> out(tones.size() * samples);
  std::vector<float> peaks(tones.size());
  render_tones(tones, batch,
               {reinterpret_cast<std::byte*>(out.data()), static_cast<int64_t>(samples * sizeof(Sample)), format},
               peaks, kHashThreads);
  return hash_of(out, peaks);
}

}  // namespace

void hash_tones(Hashes& hashes) {
  std::vector<Tone> by_wave[4], all_modulated;
  for (const Tone& tone : all_tones()) by_wave[tone.waveform].push_back(tone);
  for (const auto& tones : by_wave) all_modulated.push_back(tones.back());
  for (int mode = 0; mode < kModes; ++mode) {
    for (int wave = 0; wave < 4; ++wave) {
      const std::string name = std::string("tone ") + kWaves[wave] + " " + kModeNames[mode];
      const ToneBatch batch = batch_of(mode, 1500);
      hashes[name + " float32"] = hash_samples<float>(kFloat32, by_wave[wave], batch);
      hashes[name + " int16"] = hash_samples<int16_t>(kPcm16, by_wave[wave], batch);
      hashes[name + " bfloat16"] = hash_samples<uint16_t>(kBfloat16, by_wave[wave], batch);
    }
    // More than a tile of 16384 samples.
    hashes[std::string("tone long ") + kModeNames[mode]] =
        hash_samples<float>(kFloat32, all_modulated, batch_of(mode, 16515));
  }
}

}  // namespace synthkit::test
