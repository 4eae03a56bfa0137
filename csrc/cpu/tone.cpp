#include "cpu/tone.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "cpu/dispatch.h"
#include "cpu/parallel.h"
#include "cpu/tone_kernel.h"

namespace synthkit {

namespace {

RenderRow chosen_path() {
#if defined(__x86_64__)
  switch (cpu_path()) {
    case CpuPath::kAvx512:
      return avx512::render_row;
    case CpuPath::kAvx2:
      return avx2::render_row;
    case CpuPath::kBaseline:
      break;
  }
#endif
  return baseline::render_row;
}

// Pieces of work for each thread: few, as an atomic counter waits for all stores, but enough to share uneven rows.
constexpr size_t kPiecesPerThread = 16;

// Takes `piece` rows at a time until none is left; each is written by one thread, from its own data alone.
void render_some(std::span<const Tone> tones, const ToneBatch& batch, const ToneOutput& out, std::span<float> peaks,
                 RenderRow render, std::atomic<size_t>& next, size_t piece) {
  auto scratch = std::make_unique_for_overwrite<ToneScratch>();
  std::vector<Harmonic> harmonics;
  for (size_t first = next.fetch_add(piece); first < tones.size(); first = next.fetch_add(piece)) {
    for (size_t i = first; i < std::min(first + piece, tones.size()); ++i) {
      harmonics.clear();
      const ToneRow row = prepare_tone(tones[i], batch, harmonics);
      std::byte* target = out.data + static_cast<int64_t>(i) * out.stride;
      render(row, harmonics.data(), batch.num_samples, *scratch, out.format, target, &peaks[i]);
    }
  }
}

}  // namespace

void render_tones(std::span<const Tone> tones, const ToneBatch& batch, const ToneOutput& out, std::span<float> peaks,
                  int threads) {
  const RenderRow render = chosen_path();
  const auto extra = std::min<size_t>(static_cast<size_t>(threads > 1 ? threads - 1 : 0), tones.size());
  const size_t piece = extra == 0 ? tones.size() : std::max<size_t>(tones.size() / ((extra + 1) * kPiecesPerThread), 1);
  std::atomic<size_t> next{0};
  // A task is a worker's whole shift: its scratch is made once.
  parallel_for(extra + 1, static_cast<int>(extra) + 1,
               [&](size_t) { render_some(tones, batch, out, peaks, render, next, piece); });
}

}  // namespace synthkit
