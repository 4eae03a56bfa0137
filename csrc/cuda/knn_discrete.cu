// Ross's estimator. Codes are sorted once for all targets; their places, sorted stably by label, put each label's
// points next to each other in the order of the code. A point's window of k + 1 is then found by halving, and so are
// the ends of its radius among all points. Rows whose label nobody shares come last: they are in the sorted codes, so
// that those within a radius are looked up and taken off.
#include <algorithm>
#include <vector>

#include "common/knn.h"
#include "cuda/chunks.h"
#include "cuda/knn.h"
#include "cuda/knn_columns.h"
#include "cuda/launch.h"
#include "cuda/sort.h"

namespace synthkit::cuda {

namespace {

constexpr int64_t kThreads = 256;

// A target's labels, numbered so that those of one row each are all the number `starts.size()`, and come last.
struct SharedLabels {
  std::vector<int32_t> of_row, starts, counts;
  int32_t kept;  // rows whose label is shared
  double mean_psi_k, mean_psi_count;
};

SharedLabels shared_labels(const KnnLabels& labels, int32_t k, std::span<const double> psi) {
  SharedLabels shared{};
  std::vector<int32_t> number(labels.counts.size(), -1);
  CarefulSum of_k{0.0, 0.0}, of_count{0.0, 0.0};
  for (size_t label = 0; label < labels.counts.size(); ++label) {
    const int32_t count = labels.counts[label];
    if (count < 2) continue;
    number[label] = static_cast<int32_t>(shared.starts.size());
    shared.starts.push_back(shared.kept);
    shared.counts.push_back(count);
    shared.kept += count;
    of_k = add_psi(of_k, count, psi[static_cast<size_t>(std::min(k, count - 1))]);
    of_count = add_psi(of_count, count, psi[static_cast<size_t>(count)]);
  }
  const auto n = static_cast<double>(shared.kept);
  shared.mean_psi_k = careful_total(of_k) / n;
  shared.mean_psi_count = careful_total(of_count) / n;
  for (const int32_t label : labels.of_row) {
    const int32_t own = number[static_cast<size_t>(label)];
    shared.of_row.push_back(own >= 0 ? own : static_cast<int32_t>(shared.starts.size()));
  }
  return shared;
}

// The same on the device.
struct LabelsThere {
  LabelsThere(const SharedLabels& labels, cudaStream_t stream)
      : of_row(to_device(std::span(labels.of_row), stream)),
        starts(to_device(std::span(labels.starts), stream)),
        counts(to_device(std::span(labels.counts), stream)) {}

  Array<int32_t> of_row, starts, counts;
};

struct LabelTask {
  const double* values;       // [columns][rows], rising
  const int32_t* value_rows;  // whose they are
  const int32_t* of_row;      // labels
  const int32_t* starts;      // of each label among the places
  const int32_t* counts;
  double* keys;     // [columns][rows]: labels, in the end rising
  int32_t* places;  // of those among the values, rising within a label
  int64_t columns;
  int32_t rows, kept, k;
  int32_t* near;  // [columns][rows + 1]
};

__global__ void __launch_bounds__(kThreads) take_labels(LabelTask task) {
  const int64_t step = int64_t{gridDim.x} * kThreads, total = task.columns * task.rows;
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < total; at += step) {
    task.keys[at] = static_cast<double>(task.of_row[task.value_rows[at]]);
    task.places[at] = static_cast<int32_t>(at % task.rows);
  }
}

// A label's values in rising order.
struct OwnValues {
  const double* values;
  const int32_t* places;
  __device__ __forceinline__ double operator[](int32_t i) const { return values[places[i]]; }
};

// Where the window [left, left + k] begins that holds value i and comes nearest to it; the one that a window which
// slides along with i comes to.
__device__ __forceinline__ int32_t window_of(const OwnValues& own, int32_t i, int32_t k, int32_t count) {
  int32_t low = i > k ? i - k : 0, high = i < count - 1 - k ? i : count - 1 - k;
  while (low < high) {
    const int32_t middle = low + (high - low) / 2;
    if (nearer_on_right(own, middle, k, count, own[i])) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// How many of the rising places are less than `end`.
__device__ __forceinline__ int32_t places_below(const int32_t* places, int32_t count, int32_t end) {
  int32_t low = 0, high = count;
  while (low < high) {
    const int32_t middle = low + (high - low) / 2;
    if (places[middle] < end) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

__global__ void __launch_bounds__(kThreads) count_near(LabelTask task) {
  const int64_t step = int64_t{gridDim.x} * kThreads, total = task.columns * task.kept;
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < total; at += step) {
    const int64_t column = at / task.kept, first = column * task.rows;
    const auto place = static_cast<int32_t>(at - column * task.kept);
    const auto label = static_cast<int32_t>(task.keys[first + place]);
    const int32_t start = task.starts[label], count = task.counts[label];
    const int32_t k = task.k < count - 1 ? task.k : count - 1;
    const double* values = task.values + first;
    const int32_t* places = task.places + first;
    const OwnValues own{values, places + start};
    const double x = own[place - start];
    const int32_t left = window_of(own, place - start, k, count);
    const double r = toward_zero(larger(x - own[left], own[left + k] - x));
    const Reach reach = reach_of(values, task.rows, x, r);
    int32_t near = reach.end - reach.first;
    if (task.kept < task.rows) {
      const int32_t* others = places + task.kept;
      const int32_t others_count = task.rows - task.kept;
      near -= places_below(others, others_count, reach.end) - places_below(others, others_count, reach.first);
    }
    atomicAdd(task.near + column * (int64_t{task.rows} + 1) + (near > 0 ? near : 0), 1);
  }
}

// Everything on the device for some columns: sums of psi [targets][columns].
void sum_columns(const KnnCodes& codes, std::span<const SharedLabels> targets, std::span<const LabelsThere> there,
                 int32_t k, const double* psi, size_t first, size_t columns, std::vector<double>& sums,
                 cudaStream_t stream) {
  const size_t rows = codes.rows, total = columns * rows;
  const SortedColumns sorted = sorted_columns(codes, first, columns, stream);
  const Array<double> keys(total, stream), found(targets.size() * columns, stream);
  const Array<int32_t> places(total, stream), near(columns * (rows + 1), stream);
  for (size_t t = 0; t < targets.size(); ++t) {
    const LabelTask task{sorted.values.data(),
                         sorted.rows.data(),
                         there[t].of_row.data(),
                         there[t].starts.data(),
                         there[t].counts.data(),
                         keys.data(),
                         places.data(),
                         static_cast<int64_t>(columns),
                         static_cast<int32_t>(rows),
                         targets[t].kept,
                         k,
                         near.data()};
    const dim3 grid = grid_of(static_cast<int64_t>(total), kThreads);
    launch("take_labels", take_labels, grid, dim3(kThreads), 0, stream, task);
    sort_segments(keys.data(), places.data(), columns, rows, stream);
    check(cudaMemsetAsync(near.data(), 0, near.size() * sizeof(int32_t), stream), "cudaMemset");
    launch("count_near", count_near, grid, dim3(kThreads), 0, stream, task);
    psi_sums(near.data(), columns, psi, task.rows, found.data() + t * columns, stream);
  }
  sums.resize(found.size());
  to_host(found.data(), std::span(sums), stream);
  wait_for(stream);
}

}  // namespace

size_t mi_discrete(const KnnCodes& codes, std::span<const KnnLabels> targets, const Neighbours& wanted,
                   std::span<double> out, cudaStream_t stream) {
  if (out.empty()) return 0;
  const std::vector<double> psi = psi_table(codes.rows);
  const Array<double> psi_there = to_device(std::span<const double>(psi), stream);
  std::vector<SharedLabels> shared;
  std::vector<LabelsThere> there;
  for (const KnnLabels& target : targets) {
    shared.push_back(shared_labels(target, wanted.k, psi));
    there.emplace_back(shared.back(), stream);
  }
  std::vector<double> sums;
  return in_pieces(codes.models * codes.columns, [&](size_t first, size_t count) {
    sum_columns(codes, shared, there, wanted.k, psi_there.data(), first, count, sums, stream);
    for (size_t i = 0; i < targets.size() * count; ++i) {
      const SharedLabels& labels = shared[i / count];
      const size_t model = (first + i % count) / codes.columns, column = (first + i % count) % codes.columns;
      const double mi = mi_ross(psi[static_cast<size_t>(labels.kept)], labels.mean_psi_k, labels.mean_psi_count,
                                sums[i] / static_cast<double>(labels.kept));
      out[(model * targets.size() + i / count) * codes.columns + column] = wanted.clip ? larger(0.0, mi) : mi;
    }
  });
}

}  // namespace synthkit::cuda
