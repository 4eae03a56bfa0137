// Mutual information's mean over permutations: a term for each two margins that differ, added up in the CPU's order.
#include "cuda/append.h"
#include "cuda/joint_tables.h"
#include "cuda/sort.h"

namespace synthkit::cuda {

namespace {

constexpr int kThreads = 128;

// Margins as numbers to sort, with zeros behind short ones.
__global__ void spread_margins(const uint32_t* counts, TableLayout layout, int64_t width, double* out) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t t = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; t < layout.count * width; t += stride) {
    const int64_t column = t / width, i = t % width;
    const bool inside = i < layout.size_of(column);
    out[t] = inside ? double(counts[layout.begin_of(column, layout.tables - 1) + i]) : 0.0;
  }
}

// Keeps each count above 0 once, where the sorted ones were.
__global__ void __launch_bounds__(kThreads)
    tally_margins(double* counts, int32_t* starts, int32_t* sizes, int64_t columns, int64_t width) {
  for (int64_t column = blockIdx.x; column < columns; column += gridDim.x) {
    double* own = counts + column * width;
    int32_t listed = 0;
    for (int64_t first = 0; first < width; first += kThreads) {
      const int64_t i = first + threadIdx.x;
      const double count = i < width ? own[i] : 0.0;
      const bool fresh = count > 0.0 && (i == 0 || count != own[i - 1]);
      // All have read by the time that one writes. What the next turn reads of this one's is the last, which is written
      // only with what it was.
      const int32_t at = block_append<kThreads>(fresh, listed);
      if (fresh) {
        own[at] = count;
        starts[column * width + at] = static_cast<int32_t>(i);
      }
    }
    if (threadIdx.x == 0) sizes[column] = listed;
  }
}

struct ExpectTask {
  Tallies::View codes, labels;
  int64_t code_count, label_count, rows;
  LogTable logs;
  double* out;
};

__device__ __forceinline__ double term_of(const ExpectTask& task, int64_t code, int64_t label, int64_t cell) {
  const int64_t i = cell / task.labels.sizes[label], j = cell % task.labels.sizes[label];
  const auto a = static_cast<int64_t>(task.codes.counts[code * task.codes.width + i]);
  const auto b = static_cast<int64_t>(task.labels.counts[label * task.labels.width + j]);
  return expected_term(a, static_cast<uint64_t>(task.codes.times(code, i)), b,
                       static_cast<uint64_t>(task.labels.times(label, j)), task.rows, task.logs);
}

// A block a pair: all threads work out terms, one adds them up.
__global__ void __launch_bounds__(kThreads) expect_pairs(ExpectTask task) {
  __shared__ double terms[kThreads];
  for (int64_t pair = blockIdx.x; pair < task.code_count * task.label_count; pair += gridDim.x) {
    const int64_t code = pair / task.label_count, label = pair % task.label_count;
    const int64_t cells = int64_t{task.codes.sizes[code]} * task.labels.sizes[label];
    double sum = 0.0;
    for (int64_t first = 0; first < cells; first += kThreads) {
      const int64_t cell = first + threadIdx.x;
      if (cell < cells) terms[threadIdx.x] = term_of(task, code, label, cell);
      __syncthreads();
      if (threadIdx.x == 0) {
        const int count = cells - first < kThreads ? static_cast<int>(cells - first) : kThreads;
#pragma unroll 8
        for (int i = 0; i < count; ++i) sum += terms[i];
      }
      __syncthreads();
    }
    if (threadIdx.x == 0) task.out[pair] = sum < 0.0 ? 0.0 : sum;
  }
}

}  // namespace

Tallies::Tallies(const JointTables& tables, size_t widest, cudaStream_t stream) : width_(static_cast<int64_t>(widest)) {
  const TableLayout layout = tables.layout();
  const auto columns = static_cast<size_t>(layout.count);
  counts_ = Array<double>(columns * widest, stream);
  starts_ = Array<int32_t>(columns * widest, stream);
  sizes_ = Array<int32_t>(columns, stream);
  launch("spread_margins", spread_margins, grid_of(layout.count * width_, kThreads), dim3(kThreads), 0, stream,
         tables.counts(), layout, width_, counts_.data());
  sort_segments(counts_.data(), nullptr, columns, widest, stream);
  launch("tally_margins", tally_margins, grid_of(layout.count, 1), dim3(kThreads), 0, stream, counts_.data(),
         starts_.data(), sizes_.data(), layout.count, width_);
}

void expect_information(const Tallies& codes, int64_t code_count, const Tallies& labels, int64_t label_count,
                        int64_t rows, const LogTable& logs, double* out, cudaStream_t stream) {
  const ExpectTask task{codes.view(), labels.view(), code_count, label_count, rows, logs, out};
  launch("expect_pairs", expect_pairs, grid_of(code_count * label_count, 1), dim3(kThreads), 0, stream, task);
}

}  // namespace synthkit::cuda
