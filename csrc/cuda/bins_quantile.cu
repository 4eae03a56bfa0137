// Bins of about equally many rows, from sorted columns.
#include "common/bins.h"
#include "cuda/append.h"
#include "cuda/bins_tiles.h"
#include "cuda/memory.h"
#include "cuda/sort.h"

namespace synthkit::cuda {

namespace {

constexpr int kCells = 2048;

// Copies columns side by side.
__global__ void __launch_bounds__(kTileThreads) gather_columns(CodeTiles tiles, double* out) {
  SK_DYNAMIC_SHARED(double, turned);
  const int thread = static_cast<int>(threadIdx.x), pitch = tiles.height + 1;
  for (int64_t t = blockIdx.x; t < tiles.count(); t += gridDim.x) {
    const CodeTile tile(tiles, t);
    double* column = turned + tile.own_column * pitch;
    tile.for_each(tiles.columns, [=](int row, double code) { column[row] = code; });
    __syncthreads();
    double* target = out + tile.column * tiles.rows + tile.first_row;
    for (int c = thread / int{kWarp}; c < tile.width; c += kTileThreads / int{kWarp}) {
      for (int row = thread % int{kWarp}; row < tile.height; row += int{kWarp}) {
        target[c * tiles.rows + row] = turned[c * pitch + row];
      }
    }
    __syncthreads();
  }
}

struct EdgeTask {
  const double* sorted;  // [columns, rows]
  int64_t columns, rows;
  int bins, capacity;
  double* edges;  // [columns, capacity]
  int32_t* used;
};

constexpr int kAhead = 8;  // values a thread asks for at a time

// Where a column has no more than `bins` distinct values, each but the least is an edge. Else `used` is 0.
__global__ void __launch_bounds__(kTileThreads) place_distinct(EdgeTask task) {
  const int thread = static_cast<int>(threadIdx.x);
  for (int64_t column = blockIdx.x; column < task.columns; column += gridDim.x) {
    const double* sorted = task.sorted + column * task.rows;
    double* edges = task.edges + column * task.capacity;
    int32_t found = 0;
    for (int64_t first = 1; first < task.rows && found < task.bins; first += kAhead * kTileThreads) {
      double value[kAhead];
      bool changes[kAhead];
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        const int64_t rank = first + i * kTileThreads + thread;
        value[i] = rank < task.rows ? sorted[rank] : 0.0;
        changes[i] = rank < task.rows && value[i] != sorted[rank - 1];
      }
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        const int32_t at = block_append<kTileThreads>(changes[i], found);
        if (changes[i] && at < task.capacity) edges[at] = value[i];
      }
    }
    if (thread == 0) task.used[column] = found < task.bins ? found + 1 : 0;
  }
}

__device__ __forceinline__ int64_t distance_of(int64_t rank, int64_t bins, int64_t centre) {
  const int64_t beyond = rank * bins - centre;
  return beyond < 0 ? -beyond : beyond;
}

// One block an edge of the other columns; NaN where the value does not change. All threads of a block, a power of two.
__global__ void __launch_bounds__(kTileThreads) place_at_ranks(EdgeTask task) {
  SK_DYNAMIC_SHARED(EdgeOffer, offers);
  const int thread = static_cast<int>(threadIdx.x);
  const int64_t edges = task.bins - 1;
  for (int64_t t = blockIdx.x; t < task.columns * edges; t += gridDim.x) {
    const int64_t column = t / edges, j = t % edges + 1;
    if (task.used[column] != 0) continue;
    const double* sorted = task.sorted + column * task.rows;
    const int64_t begin = half_rank(2 * j - 1, task.rows, task.bins), end = half_rank(2 * j + 1, task.rows, task.bins);
    const int64_t first = begin < 1 ? 1 : begin, last = end < task.rows ? end : task.rows;
    EdgeOffer own;
    for (int64_t rank = first + thread; rank < last; rank += blockDim.x) {
      look_at_rank(own, rank, sorted[rank] - sorted[rank - 1], distance_of(rank, task.bins, j * task.rows));
    }
    offers[thread] = own;
    __syncthreads();
    for (int half = static_cast<int>(blockDim.x) / 2; half > 0; half /= 2) {
      if (thread < half) offers[thread] = better_offer(offers[thread], offers[thread + half]);
      __syncthreads();
    }
    if (thread == 0) {
      const EdgeOffer best = offers[0];
      task.edges[column * task.capacity + j - 1] =
          best.nearest == 0 ? __builtin_nan("") : sorted[chosen_rank(best, sorted[last - 1] - sorted[first - 1])];
    }
    __syncthreads();
  }
}

// Closes the ranks of those columns' edges.
__global__ void __launch_bounds__(kTileThreads) close_ranks(EdgeTask task) {
  const int thread = static_cast<int>(threadIdx.x);
  for (int64_t column = blockIdx.x; column < task.columns; column += gridDim.x) {
    if (task.used[column] != 0) continue;
    double* edges = task.edges + column * task.capacity;
    int32_t found = 0;
    for (int first = 0; first < task.bins - 1; first += kTileThreads) {
      const double edge = first + thread < task.bins - 1 ? edges[first + thread] : __builtin_nan("");
      const int32_t at = block_append<kTileThreads>(edge == edge, found);
      if (edge == edge) edges[at] = edge;  // what was there has been read, by the barrier on the way
    }
    __syncthreads();  // all have seen that `used` is 0
    if (thread == 0) task.used[column] = found + 1;
  }
}

// Threads for windows of that many ranks.
unsigned threads_for(int64_t window) {
  unsigned threads = kWarp;
  while (threads < kTileThreads && threads * 8 < window) threads *= 2;
  return threads;
}

}  // namespace

void place_quantiles(const CodesOnDevice& codes, int bins, double* edges, int32_t* used, cudaStream_t stream) {
  const size_t columns = codes.models * codes.columns;
  const Array<double> sorted(columns * codes.rows, stream);
  const CodeTiles tiles = tiles_of(codes, kCells);
  const size_t tile_bytes = static_cast<size_t>(tiles.width) * (static_cast<size_t>(tiles.height) + 1) * sizeof(double);
  launch("gather_columns", gather_columns, grid_of(tiles.count(), 1), dim3(kTileThreads), tile_bytes, stream, tiles,
         sorted.data());
  sort_segments(sorted.data(), nullptr, columns, codes.rows, stream);
  const EdgeTask task{sorted.data(), static_cast<int64_t>(columns), static_cast<int64_t>(codes.rows),
                      bins,          bins > 1 ? bins - 1 : 1,       edges,
                      used};
  const dim3 by_column = grid_of(task.columns, 1);
  launch("place_distinct", place_distinct, by_column, dim3(kTileThreads), 0, stream, task);
  if (task.rows <= bins) return;  // there are no more distinct values than rows
  const unsigned threads = threads_for(task.rows / bins);
  launch("place_at_ranks", place_at_ranks, grid_of(task.columns * (bins - 1), 1), dim3(threads),
         threads * sizeof(EdgeOffer), stream, task);
  launch("close_ranks", close_ranks, by_column, dim3(kTileThreads), 0, stream, task);
}

}  // namespace synthkit::cuda
