#include "cuda/joint_tables.h"

#include <algorithm>

namespace synthkit::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kCopies = kThreads / int{kWarp};
// Tables of a column that have up to this many cells in all are counted together, in shared memory; small ones in
// several copies, a warp or some to each, so that fewer additions meet. A larger table is counted where it is.
constexpr int64_t kSharedCells = 8192;
constexpr int kAhead = 4;  // rows a thread asks for at a time
// Columns are cut into chunks of no fewer rows than that until there are so many blocks.
constexpr int64_t kLeastChunk = 4096, kEnoughBlocks = 2048;

struct CountTask {
  const uint16_t* columns;
  const uint16_t* labels;
  int64_t rows, chunk, chunks;
  int64_t label_count;  // tables beyond are of the margin
  int64_t budget;       // cells of shared memory
  TableLayout layout;
  uint32_t* counts;
};

// Tables [first, last) of a column, over its rows [begin, end).
struct CountGroup {
  int64_t column, first, last, begin, end;
};

// Adds kRows of the rows, a block's width apart, to the tables; `own` is at the first of them.
template <int kRows, typename Cell>
__device__ __forceinline__ void add_some(const CountTask& task, const CountGroup& group, const uint16_t* own,
                                         int64_t row, Cell size, uint32_t* counts) {
  Cell a[kRows];
#pragma unroll
  for (int i = 0; i < kRows; ++i) a[i] = own[i * kThreads];
  const uint16_t* label = task.labels + group.first * task.rows + row;
  for (int64_t k = group.first; k < group.last; ++k, label += task.rows) {
    const auto width = static_cast<Cell>(task.layout.labels[k + 1] - task.layout.labels[k]);
    Cell b[kRows];
#pragma unroll
    for (int i = 0; i < kRows; ++i) b[i] = k < task.label_count ? label[i * kThreads] : 0;
#pragma unroll
    for (int i = 0; i < kRows; ++i) atomicAdd(&counts[a[i] * width + b[i]], 1u);
    counts += size * width;
  }
}

template <typename Cell>
__device__ __forceinline__ void add_rows(const CountTask& task, const CountGroup& group, uint32_t* counts) {
  const auto size = static_cast<Cell>(task.layout.size_of(group.column));
  const uint16_t* column = task.columns + group.column * task.rows;
  int64_t row = group.begin + threadIdx.x;
  for (; row + (kAhead - 1) * kThreads < group.end; row += kAhead * kThreads) {
    add_some<kAhead, Cell>(task, group, column + row, row, size, counts);
  }
  for (; row < group.end; row += kThreads) add_some<1, Cell>(task, group, column + row, row, size, counts);
}

// As many tables from `first` on as fit into the budget together, or one.
__device__ __forceinline__ int64_t end_of_group(const CountTask& task, int64_t size, int64_t first) {
  const int64_t* starts = task.layout.labels;
  int64_t last = first + 1;
  while (last < task.layout.tables && size * (starts[last + 1] - starts[first]) <= task.budget) ++last;
  return last;
}

// A block counts all tables of one column over a chunk of its rows.
__global__ void __launch_bounds__(kThreads) count_tables(CountTask task) {
  SK_DYNAMIC_SHARED(uint32_t, shared);
  const int thread = static_cast<int>(threadIdx.x);
  for (int64_t t = blockIdx.x; t < task.layout.count * task.chunks; t += gridDim.x) {
    const int64_t column = t / task.chunks, begin = t % task.chunks * task.chunk;
    const int64_t end = begin + task.chunk < task.rows ? begin + task.chunk : task.rows;
    const int64_t size = task.layout.size_of(column);
    for (int64_t first = 0, last; first < task.layout.tables; first = last) {
      last = end_of_group(task, size, first);
      uint32_t* target = task.counts + task.layout.begin_of(column, first);
      const int64_t all = size * (task.layout.labels[last] - task.layout.labels[first]);
      const CountGroup group{column, first, last, begin, end};
      if (all > task.budget) {
        add_rows<int64_t>(task, group, target);
        continue;
      }
      const int cells = static_cast<int>(all), fitting = static_cast<int>(task.budget / all);
      const int copies = fitting < kCopies ? fitting : kCopies;
      for (int i = thread; i < cells * copies; i += kThreads) shared[i] = 0;
      __syncthreads();
      add_rows<int32_t>(task, group, shared + thread / int{kWarp} % copies * cells);
      __syncthreads();
      for (int i = thread; i < cells; i += kThreads) {
        uint32_t sum = 0;
        for (int copy = 0; copy < copies; ++copy) sum += shared[copy * cells + i];
        if (sum > 0) atomicAdd(&target[i], sum);
      }
      __syncthreads();
    }
  }
}

// Sums of the sizes before, and of all.
std::vector<int64_t> starts_of(std::span<const int32_t> sizes, bool margin) {
  std::vector<int64_t> starts(1, 0);
  starts.reserve(sizes.size() + 2);
  for (const int32_t size : sizes) starts.push_back(starts.back() + size);
  if (margin) starts.push_back(starts.back() + 1);
  return starts;
}

int64_t largest(std::span<const int32_t> sizes) {
  return sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end());
}

}  // namespace

JointTables::JointTables(const ColumnsOnDevice& columns, const ColumnsOnDevice& labels, bool margins,
                         cudaStream_t stream) {
  const std::vector<int64_t> column_starts = starts_of(columns.sizes, false);
  const std::vector<int64_t> label_starts = starts_of(labels.sizes, margins);
  column_starts_ = to_device<int64_t>(column_starts, stream);
  label_starts_ = to_device<int64_t>(label_starts, stream);
  const int64_t count = static_cast<int64_t>(columns.count()), tables = static_cast<int64_t>(label_starts.size()) - 1;
  layout_ = {column_starts_.data(), label_starts_.data(), count, tables};
  counts_ = Array<uint32_t>(static_cast<size_t>(column_starts.back() * label_starts.back()), stream);
  if (counts_.size() == 0) return;
  check(cudaMemsetAsync(counts_.data(), 0, counts_.size() * sizeof(uint32_t), stream), "cudaMemsetAsync");
  const auto rows = static_cast<int64_t>(columns.rows);
  const int64_t most = (rows + kLeastChunk - 1) / kLeastChunk, wanted = (kEnoughBlocks + count - 1) / count;
  const int64_t chunks = std::max<int64_t>(std::min(most, wanted), 1);
  const int64_t budget = std::min(kSharedCells, largest(columns.sizes) * label_starts.back() * kCopies);
  const CountTask task{columns.data,  labels.data,
                       rows,          (rows + chunks - 1) / chunks,
                       chunks,        static_cast<int64_t>(labels.count()),
                       budget,        layout_,
                       counts_.data()};
  launch("count_tables", count_tables, grid_of(count * chunks, 1), dim3(kThreads),
         static_cast<size_t>(budget) * sizeof(uint32_t), stream, task);
}

}  // namespace synthkit::cuda
