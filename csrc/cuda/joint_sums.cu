// Sums over tables in the order of their cells, which is the CPU's: a warp has the terms of 32 cells at a time, and
// hands them round one after the other.
#include "cuda/joint_tables.h"

namespace synthkit::cuda {

namespace {

constexpr int kThreads = 128;
constexpr int kAhead = 8;  // counts a lane asks for at a time
// From so many terms on it is faster to add all 32 than to look for those that are not 0.
constexpr int kMany = 8;

// Adds the terms of the lanes named in the mask; all others' are 0, and what they would be added to is 0 or more.
__device__ __forceinline__ double add_in_order(double sum, double term, unsigned mask) {
  if (__popc(mask) >= kMany) {
#pragma unroll
    for (int lane = 0; lane < int{kWarp}; ++lane) sum += __shfl_sync(kFullWarp, term, lane);
    return sum;
  }
  for (; mask != 0; mask &= mask - 1) sum += __shfl_sync(kFullWarp, term, __ffs(static_cast<int>(mask)) - 1);
  return sum;
}

// Eight blocks a processor: left to itself the compiler spills a register to fit ten.
__global__ void __launch_bounds__(kThreads, 8)
    sum_tables(const uint32_t* counts, TableLayout layout, LogTable logs, double* sums, int64_t* occupied) {
  const unsigned lane = threadIdx.x % kWarp;
  const int64_t warps = int64_t{gridDim.x} * (kThreads / kWarp);
  for (int64_t t = (int64_t{blockIdx.x} * kThreads + threadIdx.x) / kWarp; t < layout.count * layout.tables;
       t += warps) {
    const int64_t column = t / layout.tables, table = t % layout.tables;
    const uint32_t* cells = counts + layout.begin_of(column, table);
    const int64_t size = layout.size_of(column) * (layout.labels[table + 1] - layout.labels[table]);
    double sum = 0.0;
    int64_t filled = 0;
    for (int64_t first = 0; first < size; first += kAhead * kWarp) {
      uint32_t n[kAhead], any = 0;
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        const int64_t at = first + i * int{kWarp} + lane;
        n[i] = at < size ? cells[at] : 0;
        any |= n[i];
      }
      if (!__any_sync(kFullWarp, any != 0)) continue;
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        filled += __popc(__ballot_sync(kFullWarp, n[i] > 0));
        const unsigned mask = __ballot_sync(kFullWarp, n[i] > 1);  // ln 1 is 0
        sum = add_in_order(sum, n[i] > 1 ? count_times_log(logs, n[i]) : 0.0, mask);
      }
    }
    if (lane == 0) {
      sums[t] = sum;
      occupied[t] = filled;
    }
  }
}

}  // namespace

TableSums::TableSums(const JointTables& tables, const LogTable& logs, cudaStream_t stream) {
  const TableLayout layout = tables.layout();
  const int64_t count = layout.count * layout.tables;
  sums = Array<double>(static_cast<size_t>(count), stream);
  occupied = Array<int64_t>(static_cast<size_t>(count), stream);
  launch("sum_tables", sum_tables, grid_of(count, kThreads / kWarp), dim3(kThreads), 0, stream, tables.counts(), layout,
         logs, sums.data(), occupied.data());
}

}  // namespace synthkit::cuda
