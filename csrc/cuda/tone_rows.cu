// Tones become rows on the device: one thread a tone, by the function that the CPU calls.
#include <algorithm>
#include <vector>

#include "common/tone_prepare.h"
#include "cuda/launch.h"
#include "cuda/staging.h"
#include "cuda/tone.h"

namespace synthkit::cuda {

namespace {

constexpr unsigned kThreads = 64;

__global__ void prepare_tones(const Tone* tones, const int32_t* first_harmonic, int64_t count, ToneBatch batch,
                              ToneRow* rows, Harmonic* harmonics) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  Harmonic* own = harmonics + first_harmonic[i];
  rows[i] = prepared_tone(tones[i], batch, first_harmonic[i], [own](int32_t at, const Harmonic& h) { own[at] = h; });
}

bool is_modulated(const Tone& tone) {
  return (tone.vibrato_rate > 0 && tone.vibrato_depth > 0) || tone.tremolo_rate > 0 || tone.attack > 0 ||
         tone.release > 0 || tone.sustain != 1.0;
}

template <typename T>
Array<T> staged(std::span<const T> values, cudaStream_t stream) {
  Array<T> out(values.size(), stream);
  Staging::shared().copy(out.data(), values.data(), values.size_bytes(), stream);
  return out;
}

}  // namespace

ToneRows::ToneRows(std::span<const Tone> tones, const ToneBatch& batch, cudaStream_t stream)
    : num_samples_(batch.num_samples), parts_{batch.antialias == kAdditive, false, false} {
  std::vector<int32_t> first;
  first.reserve(tones.size());
  int64_t harmonics = 0;
  for (const Tone& tone : tones) {
    first.push_back(static_cast<int32_t>(harmonics));
    harmonics += most_harmonics(tone, batch);
    if (harmonics > INT32_MAX) throw Error("more than 2^31 harmonics in one batch: render fewer tones at a time");
    parts_.modulated |= is_modulated(tone);
    parts_.noisy |= tone.snr < __builtin_huge_val();
  }
  rows_ = Array<ToneRow>(tones.size(), stream);
  harmonics_ = Array<Harmonic>(static_cast<size_t>(std::max<int64_t>(harmonics, 1)), stream);
  if (tones.empty()) return;
  const Array<Tone> given = staged(tones, stream);
  const Array<int32_t> starts = staged(std::span<const int32_t>(first), stream);
  const auto count = static_cast<int64_t>(tones.size());
  const auto blocks = static_cast<unsigned>((count + kThreads - 1) / kThreads);
  launch("prepare_tones", prepare_tones, dim3(blocks), dim3(kThreads), 0, stream, given.data(), starts.data(), count,
         batch, rows_.data(), harmonics_.data());
}

}  // namespace synthkit::cuda
