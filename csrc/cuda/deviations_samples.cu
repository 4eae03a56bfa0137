// Statistics of small samples: a thread for each model, point and column, columns side by side, so that a row of codes
// is read at once.
#include "common/deviations.h"
#include "cuda/chunks.h"
#include "cuda/deviations.h"
#include "cuda/launch.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

namespace {

constexpr int64_t kThreads = 256;

struct SampleTask {
  const double* codes;
  const int32_t* first;   // [points][batch]
  const int32_t* second;  // the same, or null
  int64_t models, rows, columns, points, batch;
  double* out;  // [models][points][columns]
};

// What a thread works on.
struct Sample {
  const double* codes;  // its model's, from its column on
  const int32_t* first;
  const int32_t* second;
};

__device__ __forceinline__ Sample sample_at(const SampleTask& task, int64_t at) {
  const int64_t line = at / task.columns, column = at - line * task.columns, model = line / task.points;
  const int64_t from = (line - model * task.points) * task.batch;
  return {task.codes + model * task.rows * task.columns + column, task.first + from, task.second + from};
}

__global__ void __launch_bounds__(kThreads) variances(SampleTask task) {
  const int64_t total = task.models * task.points * task.columns, step = int64_t{gridDim.x} * kThreads;
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < total; at += step) {
    const Sample sample = sample_at(task, at);
    double mean = 0.0, sum = 0.0;
#pragma unroll 8
    for (int64_t i = 0; i < task.batch; ++i) mean += sample.codes[sample.first[i] * task.columns];
    mean /= static_cast<double>(task.batch);
#pragma unroll 8
    for (int64_t i = 0; i < task.batch; ++i) {
      sum += squared_deviation(sample.codes[sample.first[i] * task.columns], mean);
    }
    task.out[at] = sum / static_cast<double>(task.batch - 1);
  }
}

__global__ void __launch_bounds__(kThreads) distances(SampleTask task) {
  const int64_t total = task.models * task.points * task.columns, step = int64_t{gridDim.x} * kThreads;
  for (int64_t at = int64_t{blockIdx.x} * kThreads + threadIdx.x; at < total; at += step) {
    const Sample sample = sample_at(task, at);
    double sum = 0.0;
#pragma unroll 8
    for (int64_t i = 0; i < task.batch; ++i) {
      sum += deviation(sample.codes[sample.first[i] * task.columns], sample.codes[sample.second[i] * task.columns]);
    }
    task.out[at] = sum / static_cast<double>(task.batch);
  }
}

size_t in_samples(const char* name, void (*kernel)(SampleTask), const CodeBatch& codes, std::span<const int32_t> first,
                  std::span<const int32_t> second, size_t batch, std::span<double> out, cudaStream_t stream) {
  if (out.empty()) return 0;
  const size_t points = first.size() / batch, size = points * codes.columns;
  const Array<int32_t> first_there = to_device(first, stream), second_there = to_device(second, stream);
  return in_pieces(codes.models, [&](size_t model, size_t models) {
    const Array<double> found(models * size, stream);
    const SampleTask task{codes.column(model, 0),
                          first_there.data(),
                          second.empty() ? first_there.data() : second_there.data(),
                          static_cast<int64_t>(models),
                          static_cast<int64_t>(codes.rows),
                          static_cast<int64_t>(codes.columns),
                          static_cast<int64_t>(points),
                          static_cast<int64_t>(batch),
                          found.data()};
    launch(name, kernel, grid_of(static_cast<int64_t>(found.size()), kThreads), dim3(kThreads), 0, stream, task);
    to_host(found.data(), out.subspan(model * size, models * size), stream);
    wait_for(stream);
  });
}

}  // namespace

size_t sample_variances(const CodeBatch& codes, std::span<const int32_t> rows, size_t batch, std::span<double> out,
                        cudaStream_t stream) {
  return in_samples("variances", variances, codes, rows, {}, batch, out, stream);
}

size_t pair_distances(const CodeBatch& codes, std::span<const int32_t> first, std::span<const int32_t> second,
                      size_t batch, std::span<double> out, cudaStream_t stream) {
  return in_samples("distances", distances, codes, first, second, batch, out, stream);
}

}  // namespace synthkit::cuda
