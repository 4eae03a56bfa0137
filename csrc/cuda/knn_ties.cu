// Noise that breaks ties: each column's scale by one thread in the order of rows, then all numbers at once.
#include "common/knn.h"
#include "cuda/in_order.h"
#include "cuda/knn.h"
#include "cuda/launch.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

namespace {

constexpr int64_t kColumnThreads = 32, kThreads = 256;

struct NoiseTask {
  const double* codes;
  int64_t models, rows, columns;
  double* scales;  // [models][columns]
  uint64_t key;
  uint32_t stream;
  double* out;
};

__global__ void __launch_bounds__(kColumnThreads) measure(NoiseTask task) {
  const int64_t total = task.models * task.columns, step = int64_t{gridDim.x} * kColumnThreads;
  for (int64_t at = int64_t{blockIdx.x} * kColumnThreads + threadIdx.x; at < total; at += step) {
    const double* column = task.codes + at / task.columns * task.rows * task.columns + at % task.columns;
    CarefulSum sum{0.0, 0.0};
    in_order(
        task.rows, [&](int64_t i) { return column[i * task.columns]; },
        [&](double x) { sum = add_careful(sum, magnitude(x)); });
    task.scales[at] = noise_scale(sum, task.rows);
  }
}

__global__ void __launch_bounds__(kThreads) add_noise(NoiseTask task) {
  const int64_t total = task.models * task.rows * task.columns, step = int64_t{gridDim.x} * kThreads;
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < total; at += step) {
    const int64_t line = at / task.columns, column = at - line * task.columns, model = line / task.rows;
    const double noise = tie_noise(static_cast<uint64_t>(line - model * task.rows), static_cast<uint64_t>(column),
                                   task.key, task.stream);
    task.out[at] = task.codes[at] + task.scales[model * task.columns + column] * noise;
  }
}

}  // namespace

void break_ties(const KnnCodes& codes, uint64_t key, uint32_t noise_stream, double* out, cudaStream_t stream) {
  const auto columns = static_cast<int64_t>(codes.models * codes.columns);
  const int64_t total = columns * static_cast<int64_t>(codes.rows);
  if (total == 0) return;
  const Array<double> scales(static_cast<size_t>(columns), stream);
  const NoiseTask task{codes.data,
                       static_cast<int64_t>(codes.models),
                       static_cast<int64_t>(codes.rows),
                       static_cast<int64_t>(codes.columns),
                       scales.data(),
                       key,
                       noise_stream,
                       out};
  launch("measure", measure, grid_of(columns, kColumnThreads), dim3(kColumnThreads), 0, stream, task);
  launch("add_noise", add_noise, grid_of(total, kThreads), dim3(kThreads), 0, stream, task);
}

}  // namespace synthkit::cuda
