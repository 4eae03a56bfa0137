// What the kernels that render tones are given.
#pragma once

#include "common/tone.h"
#include "cuda/tone.h"

namespace synthkit::cuda {

constexpr unsigned kRenderThreads = 256;
constexpr int kQuad = 4;   // samples side by side that a lane has of each block: a warp has the block
constexpr int kRun = 32;   // blocks of 128 samples: a lane each for the sines of their first phases
constexpr int kChunk = 8;  // blocks whose sums over harmonics are in registers at a time

struct RenderTask {
  const ToneRow* rows;
  const Harmonic* harmonics;
  void* out;
  int64_t pitch, num_samples, runs_per_row, num_runs;
  uint32_t* peaks;
  bool aligned;
};

// One format a file: they compile side by side.
void render_float32(const ToneParts& parts, const RenderTask& task, cudaStream_t stream);
void render_pcm16(const ToneParts& parts, const RenderTask& task, cudaStream_t stream);
void render_bfloat16(const ToneParts& parts, const RenderTask& task, cudaStream_t stream);

}  // namespace synthkit::cuda
