// Joint histograms of binned codes and labels on a device, and the information in them: the counts and, bit for bit,
// the sums of the CPU's joint_counts and mutual_information.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace synthkit::cuda {

// Columns of small whole numbers, [count, rows] in the device's memory, column c below sizes[c].
struct ColumnsOnDevice {
  const uint16_t* data;
  std::span<const int32_t> sizes;
  size_t rows;

  size_t count() const { return sizes.size(); }
};

// The greatest number of each of `columns` columns of at least one row, plus 1: the least sizes that hold them.
std::vector<int32_t> column_sizes(const uint16_t* data, size_t columns, size_t rows, cudaStream_t stream);

// Exact counts of one pair of columns into table [bins of a, bins of b]. As much memory as the table is needed.
void joint_counts(const uint16_t* a, const uint16_t* b, size_t rows, size_t a_size, size_t b_size,
                  std::span<uint32_t> table, cudaStream_t stream);

// For each code column c and label column k, at [c * labels + k], as the CPU's: plug-in mutual information in nats, its
// mean over permutations of the rows (left alone if `expected` is empty), and the degrees of freedom.
struct InformationFound {
  std::span<double> plug_in, expected;
  std::span<int64_t> freedom;
};

// Returns how many code columns were worked on at a time.
//
// Counting is bound by atomic additions to shared memory, rows * (labels + 1) for each code, a warp's 32 of which take
// about 4 cycles. For 10,000 columns of 10,000 rows with 5 labels: 6e8 additions, 7.5e7 cycles over 132 processors,
// 0.35 ms at 1.7 GHz; the loads before them are 1.2e9 bytes, most from caches. 0.8 ms expected, with the sums over
// tables, whose order is the CPU's: one warp a table, some 10 cycles a cell that holds 2 or more. The mean over
// permutations is bound by double precision: about 18 standard deviations of a cell's count, some 200 values for each
// pair of margins, and 60 operations a value; for those columns in 20 bins of different counts and 5 labels of 5 levels
// 6e10: 10 ms.
size_t mutual_information(const ColumnsOnDevice& codes, const ColumnsOnDevice& labels, const InformationFound& found,
                          cudaStream_t stream);

}  // namespace synthkit::cuda
