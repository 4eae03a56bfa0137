#include "cuda/bins.h"

#include <algorithm>

#include "common/bins.h"
#include "cuda/bins_tiles.h"
#include "cuda/chunks.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

namespace {

constexpr int kCells = 4096;
// Edges of a tile's columns are kept in shared memory up to this many; beyond, caches have to do.
constexpr int kSharedEdges = 2048;

struct IndexTask {
  CodeTiles tiles;
  const double* edges;
  const int32_t* used;
  int capacity;  // edges from one column's to the next
  int pitch;     // the same in shared memory
  uint16_t* index;
};

// A block finds the bins of a tile and turns it over, so that rows come to lie side by side.
template <bool kNear>
__global__ void __launch_bounds__(kTileThreads) find_bins(IndexTask task) {
  SK_DYNAMIC_SHARED(double, near_edges);
  const int thread = static_cast<int>(threadIdx.x);
  const int height = task.tiles.height + 2;  // so that one column's rows and the next one's are in different banks
  auto* turned = reinterpret_cast<uint16_t*>(near_edges + task.tiles.width * task.pitch);
  for (int64_t t = blockIdx.x; t < task.tiles.count(); t += gridDim.x) {
    const CodeTile tile(task.tiles, t);
    const double* edges = task.edges + tile.column * task.capacity;
    if (kNear) {
      for (int i = thread; i < tile.width * task.capacity; i += kTileThreads) {
        near_edges[i / task.capacity * task.pitch + i % task.capacity] = edges[i];
      }
    }
    __syncthreads();
    const double* own =
        kNear ? near_edges + tile.own_column * task.pitch : edges + int64_t{tile.own_column} * task.capacity;
    const int32_t count = task.used[tile.column + tile.own_column] - 1;
    uint16_t* column = turned + tile.own_column * height;
    tile.for_each(task.tiles.columns,
                  [=](int row, double code) { column[row] = static_cast<uint16_t>(edges_up_to(own, count, code)); });
    __syncthreads();
    uint16_t* out = task.index + tile.column * task.tiles.rows + tile.first_row;
    for (int c = thread / int{kWarp}; c < tile.width; c += kTileThreads / int{kWarp}) {
      for (int row = thread % int{kWarp}; row < tile.height; row += int{kWarp}) {
        out[c * task.tiles.rows + row] = turned[c * height + row];
      }
    }
    __syncthreads();
  }
}

void find_all_bins(const CodesOnDevice& codes, const double* edges, const int32_t* used, int capacity, uint16_t* index,
                   cudaStream_t stream) {
  IndexTask task{tiles_of(codes, kCells), edges, used, capacity, capacity | 1, index};  // odd: columns in other banks
  const bool near = task.tiles.width * task.pitch <= kSharedEdges;
  if (!near) task.pitch = 0;
  const auto width = static_cast<size_t>(task.tiles.width);
  const size_t bytes = width * (static_cast<size_t>(task.pitch) * 8 + (static_cast<size_t>(task.tiles.height) + 2) * 2);
  launch("find_bins", near ? find_bins<true> : find_bins<false>, grid_of(task.tiles.count(), 1), dim3(kTileThreads),
         bytes, stream, task);
}

}  // namespace

size_t cut_into_bins(const CodesOnDevice& codes, int bins, bool quantile, uint16_t* index, std::span<int32_t> used,
                     cudaStream_t stream) {
  const size_t per_model = codes.rows * codes.columns;
  if (codes.models == 0 || per_model == 0) return codes.models;
  const int capacity = std::max(bins - 1, 1);
  const size_t piece = in_pieces(codes.models, [&](size_t first, size_t count) {
    const CodesOnDevice some{codes.data + first * per_model, count, codes.rows, codes.columns};
    const size_t columns = count * codes.columns;
    const Array<double> edges(columns * static_cast<size_t>(capacity), stream);
    const Array<int32_t> sizes(columns, stream);
    const auto place = quantile ? place_quantiles : place_equal_widths;
    place(some, bins, edges.data(), sizes.data(), stream);
    find_all_bins(some, edges.data(), sizes.data(), capacity, index + first * per_model, stream);
    to_host<int32_t>(sizes.data(), used.subspan(first * codes.columns, columns), stream);
  });
  wait_for(stream);
  return piece;
}

}  // namespace synthkit::cuda
