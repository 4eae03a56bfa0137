// Bins of equal width: a column's least and greatest value say all.
#include "common/bins.h"
#include "cuda/bins_tiles.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

namespace {

constexpr int kCells = 16384;

// Whole numbers in the order of the doubles, none of them 0, so that the greatest can be found by atomicMax.
__device__ __forceinline__ uint64_t key_of(double value) {
  const auto bits = bit_cast<uint64_t>(value);
  return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
}

__device__ __forceinline__ double value_of(uint64_t key) {
  return bit_cast<double>(key >> 63 ? key & ~(uint64_t{1} << 63) : ~key);
}

// The key of each column's greatest value, and the complement of that of its least.
struct Extremes {
  unsigned long long most, least;
};

__global__ void __launch_bounds__(kTileThreads) find_extremes(CodeTiles tiles, Extremes* found) {
  __shared__ double low[kTileThreads], high[kTileThreads];
  const int thread = static_cast<int>(threadIdx.x);
  for (int64_t t = blockIdx.x; t < tiles.count(); t += gridDim.x) {
    const CodeTile tile(tiles, t);
    double least = __builtin_huge_val(), most = -__builtin_huge_val();
    tile.for_each(tiles.columns, [&](int, double code) {
      least = code < least ? code : least;
      most = code > most ? code : most;
    });
    low[thread] = least;
    high[thread] = most;
    __syncthreads();
    // Threads of the same column are `width` apart.
    for (int rows = tile.step; rows > 1;) {
      const int half = (rows + 1) / 2, other = thread + half * tile.width;
      if (thread < (rows - half) * tile.width) {
        low[thread] = low[other] < low[thread] ? low[other] : low[thread];
        high[thread] = high[other] > high[thread] ? high[other] : high[thread];
      }
      __syncthreads();
      rows = half;
    }
    if (thread < tile.width) {
      atomicMax(&found[tile.column + thread].most, static_cast<unsigned long long>(key_of(high[thread])));
      atomicMax(&found[tile.column + thread].least, static_cast<unsigned long long>(~key_of(low[thread])));
    }
    __syncthreads();
  }
}

__global__ void place_edges(const Extremes* found, int64_t columns, int bins, int capacity, double* edges,
                            int32_t* used) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t t = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; t < columns * capacity; t += stride) {
    const int64_t column = t / capacity;
    const int i = static_cast<int>(t % capacity) + 1;
    const double least = value_of(~static_cast<uint64_t>(found[column].least)), most = value_of(found[column].most);
    if (i == 1) used[column] = least == most ? 1 : bins;
    edges[t] = equal_width_edge(i, equal_width_step(least, most, bins), least);
  }
}

}  // namespace

void place_equal_widths(const CodesOnDevice& codes, int bins, double* edges, int32_t* used, cudaStream_t stream) {
  const size_t columns = codes.models * codes.columns;
  const Array<Extremes> found(columns, stream);
  check(cudaMemsetAsync(found.data(), 0, columns * sizeof(Extremes), stream), "cudaMemsetAsync");
  const CodeTiles tiles = tiles_of(codes, kCells);
  launch("find_extremes", find_extremes, grid_of(tiles.count(), 1), dim3(kTileThreads), 0, stream, tiles, found.data());
  const int capacity = bins > 1 ? bins - 1 : 1;
  const auto count = static_cast<int64_t>(columns);
  launch("place_edges", place_edges, grid_of(count * capacity, kTileThreads), dim3(kTileThreads), 0, stream,
         static_cast<const Extremes*>(found.data()), count, bins, capacity, edges, used);
}

}  // namespace synthkit::cuda
