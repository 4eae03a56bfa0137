#include "cuda/knn_columns.h"

#include "common/knn.h"
#include "cuda/launch.h"
#include "cuda/sort.h"

namespace synthkit::cuda {

namespace {

constexpr int64_t kThreads = 256;
constexpr int32_t kLoads = 16;  // under way at a time

struct SpreadTask {
  const double* codes;
  int64_t rows, columns, first, total;  // total numbers to spread
  double* values;
  int32_t* numbers;
};

__global__ void __launch_bounds__(kThreads) spread(SpreadTask task) {
  const int64_t step = int64_t{gridDim.x} * kThreads;
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < task.total; at += step) {
    const int64_t column = task.first + at / task.rows, row = at % task.rows;
    const int64_t model = column / task.columns;
    task.values[at] = task.codes[(model * task.rows + row) * task.columns + column % task.columns];
    task.numbers[at] = static_cast<int32_t>(row);
  }
}

struct SumTask {
  const int32_t* histograms;
  int64_t count;
  const double* psi;
  int32_t most;
  double* sums;
};

__global__ void __launch_bounds__(kThreads) sum_psi(SumTask task) {
  const auto lane = static_cast<int32_t>(threadIdx.x % kWarp);
  const int64_t step = int64_t{gridDim.x} * (kThreads / kWarp);
  for (int64_t h = (int64_t{blockIdx.x} * kThreads + threadIdx.x) / kWarp; h < task.count; h += step) {
    const int32_t* counts = task.histograms + h * (int64_t{task.most} + 1);
    CarefulSum sum{0.0, 0.0};
    for (int32_t first = 1; first <= task.most; first += kLoads * static_cast<int32_t>(kWarp)) {
      int32_t count[kLoads];
#pragma unroll
      for (int i = 0; i < kLoads; ++i) {
        const int32_t m = first + i * static_cast<int32_t>(kWarp) + lane;
        count[i] = m <= task.most ? counts[m] : 0;
      }
#pragma unroll
      for (int i = 0; i < kLoads; ++i) {
        const unsigned there = __ballot_sync(kFullWarp, count[i] != 0);
        if (there == 0) continue;
        const int32_t m = first + i * static_cast<int32_t>(kWarp);
        const double own = count[i] != 0 ? task.psi[m + lane] : 0.0;
        for (int from = 0; from < static_cast<int>(kWarp); ++from) {
          if (there >> from & 1) {
            sum = add_psi(sum, __shfl_sync(kFullWarp, count[i], from), __shfl_sync(kFullWarp, own, from));
          }
        }
      }
    }
    if (lane == 0) task.sums[h] = careful_total(sum);
  }
}

}  // namespace

SortedColumns sorted_columns(const KnnCodes& codes, size_t first, size_t count, cudaStream_t stream) {
  const size_t total = count * codes.rows;
  SortedColumns out{Array<double>(total, stream), Array<int32_t>(total, stream)};
  const SpreadTask task{codes.data,
                        static_cast<int64_t>(codes.rows),
                        static_cast<int64_t>(codes.columns),
                        static_cast<int64_t>(first),
                        static_cast<int64_t>(total),
                        out.values.data(),
                        out.rows.data()};
  launch("spread", spread, grid_of(task.total, kThreads), dim3(kThreads), 0, stream, task);
  sort_segments(out.values.data(), out.rows.data(), count, codes.rows, stream);
  return out;
}

void psi_sums(const int32_t* histograms, size_t count, const double* psi, int32_t most, double* sums,
              cudaStream_t stream) {
  const SumTask task{histograms, static_cast<int64_t>(count), psi, most, sums};
  launch("sum_psi", sum_psi, grid_of(task.count, kThreads / kWarp), dim3(kThreads), 0, stream, task);
}

}  // namespace synthkit::cuda
