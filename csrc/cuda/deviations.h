// Deviations of codes within groups of rows, and statistics of small samples of rows, on a device, with the bits of the
// CPU's loops (cpu/deviations.h says what they are).
//
// codes.data is in the device's memory, all else in the host's. Every sum is taken by one thread in the CPU's order,
// even where that is slow. Pieces are models: the functions return how many were worked on at a time.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/deviations.h"

namespace synthkit::cuda {

// 8 bytes a code of each model that is worked on, 4 a row of each grouping. A mean takes about 30 cycles a row of its
// group, and those of all groups, columns and models are taken at once: at worst, one group of 10^6 rows, 20 ms. The
// quantiles, exact order statistics, take 4 to 8 passes over the deviations, 8 bytes and an atomic of shared memory
// each: 10^7 deviations in 1000 groups or more about 1 ms.
size_t group_deviations(const CodeBatch& codes, std::span<const RowGroups> groupings, double quantile,
                        std::span<double> largest, std::span<double> within, cudaStream_t stream);

// One thread for each model, point and column reads `batch` numbers twice: bound by those reads, which come from the
// second-level cache where a model's codes fit there, at 10^11 a second or more, and by copying the results back.
size_t sample_variances(const CodeBatch& codes, std::span<const int32_t> rows, size_t batch, std::span<double> out,
                        cudaStream_t stream);

// The same with two numbers read once.
size_t pair_distances(const CodeBatch& codes, std::span<const int32_t> first, std::span<const int32_t> second,
                      size_t batch, std::span<double> out, cudaStream_t stream);

}  // namespace synthkit::cuda
