// Nearest-neighbour mutual information between codes and targets on a device, with the bits of the CPU's loops: whole
// numbers are counted on the device, and sums of psi taken there in the CPU's order.
//
// Pieces are columns of codes, of whichever model: the functions return how many were worked on at a time.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/knn.h"

namespace synthkit::cuda {

struct Neighbours {
  int32_t k;
  bool clip;  // negative estimates become 0
};

// codes.data and targets [num_targets][rows] in the device's memory, out [models, targets, columns] in the host's.
// codes.rows > k >= 1. 36 bytes a row of each column that is worked on, and 24 a row of each target.
//
// Points are sorted by code or by target, whichever tells them apart better; 32 of them next to each other look outward
// from their place until no point beyond can be nearer than their k-th neighbours. What that costs, at N = 100,000 and
// k = 10, for one column of codes and one target: independent uniform numbers look at 1,400 others each, normal ones at
// 4,100, 1.4 to 4.1 * 10^8 pairs of 4 float64 and 5 other instructions, of which an H200 does 17 * 10^12 and twice as
// many a second: 0.03 to 0.1 ms at best, 0.3 ms are expected with the lists of neighbours, searches in sorted columns
// and sorting; then 0.2 ms for the sums, side by side for all columns. A k-d tree takes 100 ms on one core, 50 on
// two. Ties end a search early; at worst, where neither column tells points apart, all N^2 pairs are looked
// at, 5 ms. Larger k than 31 take a search for each 24 neighbours.
size_t mi_continuous(const KnnCodes& codes, const double* targets, size_t num_targets, const Neighbours& wanted,
                     std::span<double> out, cudaStream_t stream);

// codes.data in the device's memory, labels and out [models, targets, columns] in the host's. Each target must have a
// label that two rows share. 40 bytes a row of each column that is worked on, and 4 a row of each target.
//
// Sorting by code, then by label, then a few binary searches a point: at N = 100,000 14 passes of 24 bytes a row and
// about 60 dependent loads a point from the second-level cache, 0.1 ms a task where 8 columns are worked on at a time.
size_t mi_discrete(const KnnCodes& codes, std::span<const KnnLabels> targets, const Neighbours& wanted,
                   std::span<double> out, cudaStream_t stream);

// out = codes + 1e-10 max(1, mean of the column's magnitudes) * normal noise of (key, noise_stream, column, row), both
// [models, rows, columns] in the device's memory; they may be the same. Queued; nothing is waited for.
//
// The magnitudes of a column are added by one thread in the order of rows, as the CPU does: about 50 cycles a row,
// 3 ms for 100,000 rows however many columns there are. The noise is about 150 instructions a number.
void break_ties(const KnnCodes& codes, uint64_t key, uint32_t noise_stream, double* out, cudaStream_t stream);

}  // namespace synthkit::cuda
