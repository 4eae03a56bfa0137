// Deviations within groups: means by one thread each, then a block for each group and column, which keeps the
// deviations and picks the quantile, then the average over groups by one thread a column.
#include <vector>

#include "common/deviations.h"
#include "cuda/chunks.h"
#include "cuda/deviations.h"
#include "cuda/in_order.h"
#include "cuda/deviations_select.h"
#include "cuda/launch.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

namespace {

constexpr int64_t kThreads = 64;

struct GroupTask {
  const double* codes;
  int64_t models, rows, columns;
  const int32_t* order;   // [rows]; null: all rows as they are
  const int32_t* starts;  // [groups + 1]
  int64_t groups;
  double quantile;
  double* means;       // [models][groups][columns]
  double* deviations;  // [models][columns][rows], in the order of the groups
  double* quantiles;   // [models][groups][columns]
  double* out;         // the result of model m and column d is at [m * out_step + d]
  int64_t out_step;
};

// A model, group and column, numbered through.
struct Group {
  int64_t model, column, first, count;
  const double* codes;  // its model's, from its column on
};

__device__ __forceinline__ Group group_at(const GroupTask& task, int64_t at) {
  const int64_t line = at / task.columns, column = at - line * task.columns, model = line / task.groups;
  const int64_t group = line - model * task.groups, first = task.starts[group];
  return {model, column, first, task.starts[group + 1] - first, task.codes + model * task.rows * task.columns + column};
}

__global__ void __launch_bounds__(kThreads) take_means(GroupTask task) {
  const int64_t total = task.models * task.groups * task.columns, step = int64_t{gridDim.x} * kThreads;
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < total; at += step) {
    const Group group = group_at(task, at);
    double sum = 0.0;
    const auto add = [&sum](double x) { sum += x; };
    if (task.order == nullptr) {
      in_order(group.count, [&](int64_t i) { return group.codes[i * task.columns]; }, add);
    } else {
      const int32_t* order = task.order + group.first;
      in_order(group.count, [&](int64_t i) { return group.codes[order[i] * task.columns]; }, add);
    }
    task.means[at] = sum / static_cast<double>(group.count);
  }
}

// The largest deviation from the mean of all rows: one group.
__global__ void __launch_bounds__(kSelectThreads) take_largest(GroupTask task) {
  __shared__ double largest[kSelectThreads];
  for (int64_t at = blockIdx.x; at < task.models * task.columns; at += gridDim.x) {
    const Group group = group_at(task, at);
    const double mean = task.means[at];
    double most = 0.0;
    for (int64_t i = threadIdx.x; i < task.rows; i += kSelectThreads) {
      const double own = deviation(group.codes[i * task.columns], mean);
      most = most < own ? own : most;
    }
    largest[threadIdx.x] = most;
    for (unsigned half = kSelectThreads / 2; half > 0; half /= 2) {
      __syncthreads();
      if (threadIdx.x < half && largest[threadIdx.x] < largest[threadIdx.x + half]) {
        largest[threadIdx.x] = largest[threadIdx.x + half];
      }
    }
    if (threadIdx.x == 0) task.out[group.model * task.out_step + group.column] = largest[0];
    __syncthreads();
  }
}

__global__ void __launch_bounds__(kSelectThreads) take_quantiles(GroupTask task) {
  __shared__ SelectSpace space;
  const int64_t total = task.models * task.groups * task.columns;
  for (int64_t at = blockIdx.x; at < total; at += gridDim.x) {
    const Group group = group_at(task, at);
    if (group.count == 0) continue;
    const double mean = task.means[at];
    const int32_t* order = task.order + group.first;
    double* own = task.deviations + (group.model * task.columns + group.column) * task.rows + group.first;
    for (int64_t i = threadIdx.x; i < group.count; i += kSelectThreads) {
      own[i] = deviation(group.codes[order[i] * task.columns], mean);
    }
    const double found = select_quantile(own, static_cast<uint32_t>(group.count), task.quantile, space);
    if (threadIdx.x == 0) task.quantiles[at] = found;
  }
}

__global__ void __launch_bounds__(kThreads) average(GroupTask task) {
  const int64_t total = task.models * task.columns, step = int64_t{gridDim.x} * kThreads;
#pragma unroll 1
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < total; at += step) {
    const int64_t model = at / task.columns, column = at - model * task.columns;
    const double* own = task.quantiles + model * task.groups * task.columns + column;
    double sum = 0.0;
    int64_t held = 0;
    for (int64_t group = 0; group < task.groups; ++group) {
      if (task.starts[group] == task.starts[group + 1]) continue;
      sum += own[group * task.columns];
      ++held;
    }
    task.out[model * task.out_step + column] = sum / static_cast<double>(held);
  }
}

void launch_over(const char* name, void (*kernel)(GroupTask), int64_t tasks, const GroupTask& task,
                 cudaStream_t stream) {
  launch(name, kernel, grid_of(tasks, kThreads), dim3(kThreads), 0, stream, task);
}

void launch_blocks(const char* name, void (*kernel)(GroupTask), int64_t tasks, const GroupTask& task,
                   cudaStream_t stream) {
  launch(name, kernel, grid_of(tasks, 1), dim3(kSelectThreads), 0, stream, task);
}

// A grouping on the device.
struct GroupsThere {
  Array<int32_t> order, starts;
};

void find_largest(GroupTask task, double* out, cudaStream_t stream) {
  const int32_t all[] = {0, static_cast<int32_t>(task.rows)};
  const Array<int32_t> starts = to_device(std::span<const int32_t>(all), stream);
  const int64_t tasks = task.models * task.columns;
  const Array<double> means(static_cast<size_t>(tasks), stream);
  task.order = nullptr;
  task.starts = starts.data();
  task.groups = 1;
  task.means = means.data();
  task.out = out;
  task.out_step = task.columns;
  launch_over("take_means", take_means, tasks, task, stream);
  launch_blocks("take_largest", take_largest, tasks, task, stream);
}

void find_within(GroupTask task, const GroupsThere& groups, double* out, cudaStream_t stream) {
  task.order = groups.order.data();
  task.starts = groups.starts.data();
  task.groups = static_cast<int64_t>(groups.starts.size()) - 1;
  const int64_t tasks = task.models * task.groups * task.columns;
  const Array<double> means(static_cast<size_t>(tasks), stream), quantiles(static_cast<size_t>(tasks), stream);
  task.means = means.data();
  task.quantiles = quantiles.data();
  task.out = out;
  launch_over("take_means", take_means, tasks, task, stream);
  launch_blocks("take_quantiles", take_quantiles, tasks, task, stream);
  launch_over("average", average, task.models * task.columns, task, stream);
}

}  // namespace

size_t group_deviations(const CodeBatch& codes, std::span<const RowGroups> groupings, double quantile,
                        std::span<double> largest, std::span<double> within, cudaStream_t stream) {
  if (largest.empty()) return 0;
  std::vector<GroupsThere> there;
  for (const RowGroups& groups : groupings) {
    there.push_back({to_device(groups.order, stream), to_device(groups.starts, stream)});
  }
  const size_t columns = codes.columns, step = groupings.size() * columns;
  return in_pieces(codes.models, [&](size_t model, size_t models) {
    const Array<double> deviations(groupings.empty() ? 0 : models * columns * codes.rows, stream);
    const Array<double> largest_there(models * columns, stream), within_there(models * step, stream);
    GroupTask task{};
    task.codes = codes.column(model, 0);
    task.models = static_cast<int64_t>(models);
    task.rows = static_cast<int64_t>(codes.rows);
    task.columns = static_cast<int64_t>(columns);
    task.quantile = quantile;
    task.deviations = deviations.data();
    task.out_step = static_cast<int64_t>(step);
    find_largest(task, largest_there.data(), stream);
    for (size_t k = 0; k < there.size(); ++k) find_within(task, there[k], within_there.data() + k * columns, stream);
    to_host(largest_there.data(), largest.subspan(model * columns, models * columns), stream);
    to_host(within_there.data(), within.subspan(model * step, models * step), stream);
    wait_for(stream);
  });
}

}  // namespace synthkit::cuda
