#include "cuda/tone.h"

#include "cuda/tone_task.h"

namespace synthkit::cuda {

namespace {

size_t bytes_of(ToneFormat format) { return format == kFloat32 ? 4 : 2; }

// Whether every row begins where four samples can be stored at once.
bool is_aligned(const ToneTarget& target) {
  const size_t together = bytes_of(target.format) * kQuad;
  return reinterpret_cast<uintptr_t>(target.data) % together == 0 && target.pitch % kQuad == 0;
}

}  // namespace

void render_tones(const ToneRows& rows, const ToneTarget& target, uint32_t* peaks, cudaStream_t stream) {
  if (rows.count() == 0) return;
  const int64_t runs = (rows.num_samples() + kRun * kBlock - 1) / (kRun * kBlock);
  const RenderTask task{rows.rows(), rows.harmonics(),    target.data, target.pitch,      rows.num_samples(),
                        runs,        runs * rows.count(), peaks,       is_aligned(target)};
  switch (target.format) {
    case kFloat32:
      return render_float32(rows.parts(), task, stream);
    case kPcm16:
      return render_pcm16(rows.parts(), task, stream);
    case kBfloat16:
      return render_bfloat16(rows.parts(), task, stream);
  }
}

}  // namespace synthkit::cuda
