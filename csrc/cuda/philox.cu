#include "cuda/philox.h"

#include "common/philox.h"
#include "cuda/launch.h"

namespace synthkit::cuda {

namespace {

constexpr unsigned kThreads = 256;

__global__ void draw_words(const uint32_t* counters, int64_t count, uint32_t key0, uint32_t key1, uint32_t* words) {
  const int64_t step = int64_t{gridDim.x} * kThreads;
  for (int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x; i < count; i += step) {
    const uint32_t* c = counters + 4 * i;
    const PhiloxBlock found = philox4x32_10({c[0], c[1], c[2], c[3]}, key0, key1);
    uint32_t* to = words + 4 * i;
    to[0] = found.w0;
    to[1] = found.w1;
    to[2] = found.w2;
    to[3] = found.w3;
  }
}

}  // namespace

void philox4x32(const uint32_t* counters, int64_t count, uint64_t key, uint32_t* words, cudaStream_t stream) {
  if (count == 0) return;
  launch("draw_words", draw_words, grid_of(count, kThreads), dim3(kThreads), 0, stream, counters, count,
         static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32), words);
}

}  // namespace synthkit::cuda
