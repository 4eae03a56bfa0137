// Cuts codes into bins on a device: the integers of the CPU's cut_into_bins, whatever the codes.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace synthkit::cuda {

// Codes [models, rows, columns] in the device's memory, C order.
struct CodesOnDevice {
  const double* data;
  size_t models, rows, columns;
};

// Which bins the rows fall in, uint16 [models, columns, rows] in the device's memory, and how many bins each column
// got, [models, columns]. `bins` from 1 to 65536, at least one row. Returns how many models were cut at a time.
//
// Equal widths read the codes twice and write a quarter of that: 18 bytes a code, beside 5 comparisons for 20 bins. For
// 10^8 codes 1.8 GB: 0.4 ms at 4.8 TB/s, 0.6 ms expected. Quantiles add the sort (sort.h) of a copy, side by side, and
// three readings of it: 10^8 codes in columns of 10^4 take about 11 GB, 4 ms expected; they need 16 bytes a code of
// memory.
size_t cut_into_bins(const CodesOnDevice& codes, int bins, bool quantile, uint16_t* index, std::span<int32_t> used,
                     cudaStream_t stream);

}  // namespace synthkit::cuda
