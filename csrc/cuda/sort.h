// Sorts rows of numbers on a device, many at a time.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace synthkit::cuda {

// Sorts each of `segments` rows of `length` keys, ascending and stable, the values (may be null) along with their keys.
// Keys are numbers, not NaN. Takes as much memory again as keys and values do, where a row is longer than 1792.
//
// Blocks sort tiles of 1792 in shared memory, then passes over global memory merge runs two by two: 1 + log2(length /
// 1792) passes, each of which reads and writes 8 bytes a key and 4 a value. Bound by those bytes: 10^8 keys in rows of
// 10^4 take 4 passes of 1.6 GB, at 4.8 TB/s 1.4 ms; about twice that is expected, as threads wait for each other
// between loading, merging and storing a tile.
void sort_segments(double* keys, int32_t* values, size_t segments, size_t length, cudaStream_t stream);

}  // namespace synthkit::cuda
