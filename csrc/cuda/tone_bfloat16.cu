#include "cuda/tone_kernel.h"

namespace synthkit::cuda {

void render_bfloat16(const ToneParts& parts, const RenderTask& task, cudaStream_t stream) {
  render_format<kBfloat16>(parts, task, stream);
}

}  // namespace synthkit::cuda
