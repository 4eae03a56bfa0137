// Any number of threads gives the same bytes; TSan watches the hand-out of rows.
#include <cstring>

#include "cpu/tone.h"
#include "tests/check.h"
#include "tests/tone_cases.h"

using namespace synthkit;
using namespace synthkit::test;

namespace {

std::vector<float> render(const std::vector<Tone>& tones, const ToneBatch& batch, int threads) {
  const auto samples = static_cast<size_t>(batch.num_samples);
  std::vector<float> out(tones.size() * samples), peaks(tones.size());
  render_tones(tones, batch, {reinterpret_cast<std::byte*>(out.data()), 4 * batch.num_samples, kFloat32}, peaks,
               threads);
  return out;
}

}  // namespace

int main() {
  const std::vector<Tone> tones = all_tones();
  for (int mode = 0; mode < kModes; ++mode) {
    const ToneBatch batch = batch_of(mode, 1500);
    const std::vector<float> alone = render(tones, batch, 1);
    for (const int threads : {2, 3, 8, 200}) {
      const std::vector<float> found = render(tones, batch, threads);
      CHECK(std::memcmp(found.data(), alone.data(), alone.size() * sizeof(float)) == 0, "%d threads", threads);
    }
  }
  return finish("threads");
}
