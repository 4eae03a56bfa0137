// What both estimators do: columns sorted with their row numbers, and sums of psi over counts.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "cpu/knn.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

// Columns [count][rows], rising, and the row that each number comes from.
struct SortedColumns {
  Array<double> values;
  Array<int32_t> rows;
};

// Columns first .. first + count - 1 of all models' columns, numbered through; codes.data in the device's memory.
SortedColumns sorted_columns(const KnnCodes& codes, size_t first, size_t count, cudaStream_t stream);

// sums[h] = sum over m = 1 .. most, rising, of histograms[h][m] psi[m], each of most + 1. One warp for each histogram
// reads 512 counts at a time, 1 us or less each time, and adds those that are not 0 in their order, about 80 cycles
// each: 0.2 ms for 100,000 rows.
void psi_sums(const int32_t* histograms, size_t count, const double* psi, int32_t most, double* sums,
              cudaStream_t stream);

}  // namespace synthkit::cuda
