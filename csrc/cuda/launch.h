// Launches kernels: by nvcc's syntax on a device, by csrc/tests/emulator in the tests.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cuda/error.h"

// A kernel's dynamic shared memory as an array of T.
#ifdef SK_EMULATED
#define SK_DYNAMIC_SHARED(T, name) T* const name = reinterpret_cast<T*>(emulator::dynamic_shared.data())
#else
#define SK_DYNAMIC_SHARED(T, name)                                   \
  extern __shared__ __align__(16) unsigned char sk_dynamic_shared[]; \
  T* const name = reinterpret_cast<T*>(sk_dynamic_shared)
#endif

namespace synthkit::cuda {

constexpr unsigned kWarp = 32;
constexpr unsigned kFullWarp = 0xFFFFFFFFu;

// Blocks of a grid that steps through `tasks` with a stride: no more than fill the device some times over.
constexpr int64_t kMostBlocks = int64_t{1} << 20;

inline dim3 grid_of(int64_t tasks, int64_t tasks_per_block) {
  const int64_t blocks = (tasks + tasks_per_block - 1) / tasks_per_block;
  return dim3(static_cast<unsigned>(std::clamp<int64_t>(blocks, 1, kMostBlocks)));
}

// Queues kernel<<<grid, block, shared_bytes, stream>>>(arguments...).
template <typename... Parameters, typename... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes,
            cudaStream_t stream, Arguments... arguments) {
#ifdef SK_EMULATED
  (void)stream;
  emulator::launch(kernel, grid, block, shared_bytes, arguments...);
#else
  kernel<<<grid, block, shared_bytes, stream>>>(arguments...);
#endif
  check(cudaGetLastError(), name);
}

}  // namespace synthkit::cuda
