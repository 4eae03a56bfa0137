#include "cuda/tone_kernel.h"

namespace synthkit::cuda {

void render_pcm16(const ToneParts& parts, const RenderTask& task, cudaStream_t stream) {
  render_format<kPcm16>(parts, task, stream);
}

}  // namespace synthkit::cuda
