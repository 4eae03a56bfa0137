// The first estimator of Kraskov, Stoegbauer and Grassberger: columns sorted, neighbours by a sweep (knn_sweep.cu).
#include <algorithm>
#include <cmath>
#include <vector>

#include "common/knn.h"
#include "cuda/chunks.h"
#include "cuda/knn.h"
#include "cuda/knn_columns.h"
#include "cuda/knn_sweep.h"
#include "cuda/launch.h"

namespace synthkit::cuda {

namespace {

constexpr int64_t kThreads = 256;

struct PlaneTask {
  KnnCodes codes;
  int64_t first, count;       // columns
  const double* values;       // [count][rows], rising
  const int32_t* value_rows;  // whose they are
  const double* target;       // [rows] in the order of rows
  const double* target_values;
  const int32_t* target_rows;
  int64_t rows, lag;
  int32_t* turned;
  PlaneCode* points;
};

// By which column to sort: the one where numbers `lag` places apart are farther apart, at most of 32 places. Only time
// depends on it.
__global__ void choose(PlaneTask task) {
  const auto lane = static_cast<int64_t>(threadIdx.x);
  const int64_t at = (task.rows - 1 - task.lag) * lane / (kWarp - 1);
  const double of_target = task.target_values[at + task.lag] - task.target_values[at];
  for (int64_t column = blockIdx.x; column < task.count; column += gridDim.x) {
    const double* values = task.values + column * task.rows;
    const unsigned target_wins = __ballot_sync(kFullWarp, values[at + task.lag] - values[at] < of_target);
    const unsigned code_wins = __ballot_sync(kFullWarp, of_target < values[at + task.lag] - values[at]);
    int lead = 0;
    for (unsigned i = 0; i < kWarp; ++i) {
      lead += static_cast<int>(target_wins >> i & 1) - static_cast<int>(code_wins >> i & 1);
    }
    if (lane == 0) task.turned[column] = lead > 0 ? 1 : 0;
  }
}

__global__ void __launch_bounds__(kThreads) gather(PlaneTask task) {
  const int64_t step = int64_t{gridDim.x} * kThreads, total = task.count * task.rows;
  const auto columns = static_cast<int64_t>(task.codes.columns);
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < total; at += step) {
    const int64_t number = at / task.rows, i = at - number * task.rows;
    if (task.turned[number] != 0) {
      const int64_t column = task.first + number, model = column / columns;
      const int64_t row = model * task.rows + task.target_rows[i];
      task.points[at] = {task.target_values[i], task.codes.data[row * columns + (column - model * columns)]};
    } else {
      task.points[at] = {task.values[at], task.target[task.value_rows[at]]};
    }
  }
}

// Everything on the device for some columns, all targets: sums of psi [targets][columns][2].
void sum_columns(const KnnCodes& codes, const double* targets, const SortedColumns& by_target, size_t num_targets,
                 int32_t k, const double* psi, size_t first, size_t count, std::vector<double>& sums,
                 cudaStream_t stream) {
  const size_t rows = codes.rows, near_size = 2 * (rows + 1);
  const SortedColumns sorted = sorted_columns(codes, first, count, stream);
  const Array<PlaneCode> points(count * rows, stream);
  const Array<int32_t> near(count * near_size, stream), turned(count, stream);
  const Array<double> found(num_targets * count * 2, stream);
  const double far = std::sqrt(static_cast<double>(k) * static_cast<double>(rows));
  PlaneTask plane{codes,
                  static_cast<int64_t>(first),
                  static_cast<int64_t>(count),
                  sorted.values.data(),
                  sorted.rows.data(),
                  nullptr,
                  nullptr,
                  nullptr,
                  static_cast<int64_t>(rows),
                  std::min(static_cast<int64_t>(far), static_cast<int64_t>(rows) - 1),
                  turned.data(),
                  points.data()};
  const auto total = static_cast<int64_t>(count * rows);
  for (size_t t = 0; t < num_targets; ++t) {
    plane.target = targets + t * rows;
    plane.target_values = by_target.values.data() + t * rows;
    plane.target_rows = by_target.rows.data() + t * rows;
    launch("choose", choose, grid_of(plane.count, 1), dim3(kWarp), 0, stream, plane);
    launch("gather", gather, grid_of(total, kThreads), dim3(kThreads), 0, stream, plane);
    check(cudaMemsetAsync(near.data(), 0, near.size() * sizeof(int32_t), stream), "cudaMemset");
    sweep({points.data(), turned.data(), plane.values, plane.target_values, plane.count, static_cast<int32_t>(rows), k,
           near.data()},
          stream);
    psi_sums(near.data(), 2 * count, psi, static_cast<int32_t>(rows), found.data() + t * count * 2, stream);
  }
  sums.resize(found.size());
  to_host(found.data(), std::span(sums), stream);
  wait_for(stream);
}

}  // namespace

size_t mi_continuous(const KnnCodes& codes, const double* targets, size_t num_targets, const Neighbours& wanted,
                     std::span<double> out, cudaStream_t stream) {
  if (out.empty()) return 0;
  const std::vector<double> psi = psi_table(codes.rows);
  const Array<double> psi_there = to_device(std::span<const double>(psi), stream);
  const SortedColumns by_target = sorted_columns({targets, num_targets, codes.rows, 1}, 0, num_targets, stream);
  const auto n = static_cast<double>(codes.rows);
  const double psi_n = psi[codes.rows], psi_k = psi[static_cast<size_t>(wanted.k)];
  std::vector<double> sums;
  return in_pieces(codes.models * codes.columns, [&](size_t first, size_t count) {
    sum_columns(codes, targets, by_target, num_targets, wanted.k, psi_there.data(), first, count, sums, stream);
    for (size_t i = 0; i < num_targets * count; ++i) {
      const size_t t = i / count, model = (first + i % count) / codes.columns;
      const size_t column = (first + i % count) % codes.columns;
      const double mi = mi_kraskov(psi_n, psi_k, sums[2 * i] / n, sums[2 * i + 1] / n);
      out[(model * num_targets + t) * codes.columns + column] = wanted.clip ? larger(0.0, mi) : mi;
    }
  });
}

}  // namespace synthkit::cuda
