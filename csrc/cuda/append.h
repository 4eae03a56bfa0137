// What the threads of a block do together.
#pragma once

#include "cuda/launch.h"

namespace synthkit::cuda {

// Lists what some of the block's threads bring, in the order of the threads, behind the `listed` before: the place of
// the thread's own, if it brings one. All of the block's kThreads threads must call it, with the same `listed`, which
// grows by all that were brought. What the block wrote or read before the call is done on return.
template <int kThreads>
__device__ __forceinline__ int32_t block_append(bool brings, int32_t& listed) {
  constexpr int kWarps = kThreads / int{kWarp};
  __shared__ int32_t brought[kWarps];
  const unsigned warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  const unsigned all = __ballot_sync(kFullWarp, brings);
  if (lane == 0) brought[warp] = __popc(all);
  __syncthreads();
  int32_t before = listed + __popc(all & ((1u << lane) - 1));
#pragma unroll
  for (unsigned w = 0; w < kWarps; ++w) {
    if (w < warp) before += brought[w];
    listed += brought[w];
  }
  __syncthreads();
  return before;
}

}  // namespace synthkit::cuda
