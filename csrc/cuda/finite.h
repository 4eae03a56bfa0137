// Numbers that are none.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace synthkit::cuda {

// The place of the first NaN or infinity among `count` numbers on the device, -1 where there is none. Waits for it.
int64_t first_not_finite(const double* values, int64_t count, cudaStream_t stream);

}  // namespace synthkit::cuda
