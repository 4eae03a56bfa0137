#include "cuda/tone_kernel.h"

namespace synthkit::cuda {

void render_float32(const ToneParts& parts, const RenderTask& task, cudaStream_t stream) {
  render_format<kFloat32>(parts, task, stream);
}

}  // namespace synthkit::cuda
