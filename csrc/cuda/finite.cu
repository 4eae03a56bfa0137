#include "cuda/finite.h"

#include <span>

#include "common/config.h"
#include "cuda/launch.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

namespace {

constexpr unsigned kThreads = 256;
constexpr int64_t kPerThread = 8;

// `found` gets how far the first one is from the end: the greatest of such distances.
__global__ void look_for_not_finite(const double* values, int64_t count, unsigned long long* found) {
  const int64_t step = int64_t{gridDim.x} * kThreads;
  for (int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x; i < count; i += step) {
    const uint64_t exponent = bit_cast<uint64_t>(values[i]) & 0x7FF0000000000000u;
    if (exponent == 0x7FF0000000000000u) atomicMax(found, static_cast<unsigned long long>(count - i));
  }
}

}  // namespace

int64_t first_not_finite(const double* values, int64_t count, cudaStream_t stream) {
  const Array<unsigned long long> found(1, stream);
  check(cudaMemsetAsync(found.data(), 0, sizeof(unsigned long long), stream), "cudaMemset");
  launch("look_for_not_finite", look_for_not_finite, grid_of(count, kThreads * kPerThread), dim3(kThreads), 0, stream,
         values, count, found.data());
  unsigned long long from_end = 0;
  to_host<unsigned long long>(found.data(), {&from_end, 1}, stream);
  wait_for(stream);
  return from_end == 0 ? -1 : count - static_cast<int64_t>(from_end);
}

}  // namespace synthkit::cuda
