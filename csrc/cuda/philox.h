// Random words of counters on a device.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace synthkit::cuda {

// words [count, 4] of counters [count, 4], both in the device's memory; they may be the same. Queued, not waited for.
// 32 bytes of memory and about 100 instructions a counter: bound by memory on large GPUs, near it on small ones.
void philox4x32(const uint32_t* counters, int64_t count, uint64_t key, uint32_t* words, cudaStream_t stream);

}  // namespace synthkit::cuda
