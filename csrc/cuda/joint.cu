#include "cuda/joint.h"

#include <algorithm>

#include "cuda/chunks.h"
#include "cuda/joint_tables.h"

namespace synthkit::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int64_t kSizeChunk = 16384;  // rows a block looks through

__global__ void fill_logs(double* logs, int64_t size) {
  const int64_t n = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (n < size) logs[n] = n == 0 ? 0.0 : log_count(n);
}

// ln n of counts of up to `rows`.
class DeviceLogs {
 public:
  DeviceLogs(size_t rows, cudaStream_t stream) : logs_(std::min(rows + 1, static_cast<size_t>(kMostLogs)), stream) {
    launch("fill_logs", fill_logs, grid_of(table().size, kThreads), dim3(kThreads), 0, stream, logs_.data(),
           table().size);
  }
  LogTable table() const { return {logs_.data(), static_cast<int64_t>(logs_.size())}; }

 private:
  Array<double> logs_;
};

__global__ void __launch_bounds__(kThreads)
    find_sizes(const uint16_t* data, int64_t columns, int64_t rows, int64_t chunks, int32_t* sizes) {
  for (int64_t t = blockIdx.x; t < columns * chunks; t += gridDim.x) {
    const int64_t column = t / chunks, begin = t % chunks * kSizeChunk;
    const int64_t end = begin + kSizeChunk < rows ? begin + kSizeChunk : rows;
    const uint16_t* own = data + column * rows;
    int32_t most = 0;
#pragma unroll 4
    for (int64_t row = begin + threadIdx.x; row < end; row += kThreads) most = own[row] > most ? own[row] : most;
    for (int step = 16; step > 0; step /= 2) {
      const int32_t other = __shfl_xor_sync(kFullWarp, most, step);
      most = other > most ? other : most;
    }
    if (threadIdx.x % kWarp == 0) atomicMax(&sizes[column], most + 1);
  }
}

struct PairTask {
  const double* code_sums;  // [codes, labels + 1], the margin's last
  const int64_t* code_occupied;
  const double* label_sums;  // [labels]
  const int64_t* label_occupied;
  int64_t codes, labels, rows;
  LogTable logs;
  double* plug_in;
  int64_t* freedom;
};

__global__ void finish_pairs(PairTask task) {
  const double whole = count_times_log(task.logs, task.rows);
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t pair = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; pair < task.codes * task.labels; pair += stride) {
    const int64_t code = pair / task.labels, label = pair % task.labels;
    const int64_t joint = code * (task.labels + 1) + label, margin = code * (task.labels + 1) + task.labels;
    const PairSums sums{task.code_sums[joint], task.code_sums[margin], task.label_sums[label],
                        task.code_occupied[margin], task.label_occupied[label]};
    task.plug_in[pair] = plug_in_of(sums, whole, task.rows);
    task.freedom[pair] = task.code_occupied[joint] - sums.a_occupied - sums.b_occupied + 1;
  }
}

size_t widest(std::span<const int32_t> sizes) {
  return static_cast<size_t>(*std::max_element(sizes.begin(), sizes.end()));
}

}  // namespace

std::vector<int32_t> column_sizes(const uint16_t* data, size_t columns, size_t rows, cudaStream_t stream) {
  std::vector<int32_t> found(columns);
  if (columns == 0) return found;
  const Array<int32_t> sizes(columns, stream);
  check(cudaMemsetAsync(sizes.data(), 0, columns * sizeof(int32_t), stream), "cudaMemsetAsync");
  const auto count = static_cast<int64_t>(columns), height = static_cast<int64_t>(rows);
  const int64_t chunks = (height + kSizeChunk - 1) / kSizeChunk;
  launch("find_sizes", find_sizes, grid_of(count * chunks, 1), dim3(kThreads), 0, stream, data, count, height, chunks,
         sizes.data());
  to_host<int32_t>(sizes.data(), found, stream);
  wait_for(stream);
  return found;
}

void joint_counts(const uint16_t* a, const uint16_t* b, size_t rows, size_t a_size, size_t b_size,
                  std::span<uint32_t> table, cudaStream_t stream) {
  const int32_t a_sizes[1] = {static_cast<int32_t>(a_size)}, b_sizes[1] = {static_cast<int32_t>(b_size)};
  const JointTables tables({a, a_sizes, rows}, {b, b_sizes, rows}, false, stream);
  to_host(tables.counts(), table, stream);
  wait_for(stream);
}

size_t mutual_information(const ColumnsOnDevice& codes, const ColumnsOnDevice& labels, const InformationFound& found,
                          cudaStream_t stream) {
  if (codes.count() == 0 || labels.count() == 0) return codes.count();
  const bool expected = !found.expected.empty();
  const auto rows = static_cast<int64_t>(codes.rows);
  const DeviceLogs logs(codes.rows, stream);
  const JointTables label_tables(labels, {nullptr, {}, labels.rows}, true, stream);
  const TableSums label_sums(label_tables, logs.table(), stream);
  const Tallies label_tallies = expected ? Tallies(label_tables, widest(labels.sizes), stream) : Tallies();
  const size_t piece = in_pieces(codes.count(), [&](size_t first, size_t count) {
    const ColumnsOnDevice some{codes.data + first * codes.rows, codes.sizes.subspan(first, count), codes.rows};
    const JointTables tables(some, labels, true, stream);
    const TableSums sums(tables, logs.table(), stream);
    const size_t at = first * labels.count(), pairs = count * labels.count();
    const Array<double> plug_in(pairs, stream), mean(expected ? pairs : 0, stream);
    const Array<int64_t> freedom(pairs, stream);
    const auto code_count = static_cast<int64_t>(count), label_count = static_cast<int64_t>(labels.count());
    const PairTask task{sums.sums.data(),
                        sums.occupied.data(),
                        label_sums.sums.data(),
                        label_sums.occupied.data(),
                        code_count,
                        label_count,
                        rows,
                        logs.table(),
                        plug_in.data(),
                        freedom.data()};
    launch("finish_pairs", finish_pairs, grid_of(code_count * label_count, kThreads), dim3(kThreads), 0, stream, task);
    if (expected) {
      const Tallies tallies(tables, widest(some.sizes), stream);
      expect_information(tallies, code_count, label_tallies, label_count, rows, logs.table(), mean.data(), stream);
      to_host<double>(mean.data(), found.expected.subspan(at, pairs), stream);
    }
    to_host<double>(plug_in.data(), found.plug_in.subspan(at, pairs), stream);
    to_host<int64_t>(freedom.data(), found.freedom.subspan(at, pairs), stream);
  });
  wait_for(stream);
  return piece;
}

}  // namespace synthkit::cuda
