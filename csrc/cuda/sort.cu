#include "cuda/sort.h"

#include "cuda/memory.h"
#include "cuda/sort_tile.h"

namespace synthkit::cuda {

namespace {

template <bool kValues>
struct SortPass {
  SortRow<kValues> from, to;
  int64_t segments, length, tile, tiles;  // tiles in each segment
  int64_t run;                            // keys in order already, when merging
};

// The block's shared memory as a tile of `size`.
template <bool kValues>
__device__ __forceinline__ SortRow<kValues> shared_tile(double* memory, int size) {
  return {memory, reinterpret_cast<int32_t*>(memory + size)};
}

template <bool kValues>
__device__ __forceinline__ void copy_out(const SortRow<kValues>& tile, int count, const SortRow<kValues>& to,
                                         int64_t first) {
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) {
    to.keys[first + i] = tile.keys[i];
    if (kValues) to.values[first + i] = tile.values[i];
  }
}

template <bool kValues>
__global__ void __launch_bounds__(kSortThreads) sort_tiles(SortPass<kValues> pass) {
  SK_DYNAMIC_SHARED(double, memory);
  const int threads = static_cast<int>(blockDim.x), thread = static_cast<int>(threadIdx.x);
  const int size = threads * kSortItems, own = thread * kSortItems;
  const SortRow<kValues> tile = shared_tile<kValues>(memory, size);
  for (int64_t task = blockIdx.x; task < pass.segments * pass.tiles; task += gridDim.x) {
    const int64_t at = task % pass.tiles * size, first = task / pass.tiles * pass.length + at;
    const int64_t left = pass.length - at;
    const int count = left < size ? static_cast<int>(left) : size;
    for (int i = thread; i < size; i += threads) {
      tile.keys[i] = i < count ? pass.from.keys[first + i] : __builtin_huge_val();  // behind all others
      if (kValues) tile.values[i] = i < count ? pass.from.values[first + i] : 0;
    }
    __syncthreads();
    SortItems<kValues> items;
    items.load(tile, own);
    items.sort();
    for (int width = 1; width < threads; width *= 2) {
      __syncthreads();
      items.store(tile, own);
      __syncthreads();
      const int pair = thread / (2 * width) * (2 * width), begin = pair * kSortItems, half = width * kSortItems;
      items.merge(tile, begin, begin + half, begin + 2 * half, own - begin);
    }
    __syncthreads();
    items.store(tile, own);
    __syncthreads();
    copy_out(tile, count, pass.to, first);
    __syncthreads();
  }
}

// Each block makes one tile of what two runs next to each other merge to.
template <bool kValues>
__global__ void __launch_bounds__(kSortThreads) merge_runs(SortPass<kValues> pass) {
  SK_DYNAMIC_SHARED(double, memory);
  __shared__ int64_t taken[2];
  const int threads = static_cast<int>(blockDim.x), thread = static_cast<int>(threadIdx.x);
  const SortRow<kValues> tile = shared_tile<kValues>(memory, kSortTile);
  for (int64_t task = blockIdx.x; task < pass.segments * pass.tiles; task += gridDim.x) {
    const int64_t at = task % pass.tiles * kSortTile, pair = at / (2 * pass.run) * (2 * pass.run);
    const int64_t first = task / pass.tiles * pass.length + pair, left = pass.length - pair;
    const int64_t a_size = left < pass.run ? left : pass.run;
    const int64_t b_size = left - a_size < pass.run ? left - a_size : pass.run;
    const int64_t begin = at - pair, rest = a_size + b_size - begin;
    const int count = rest < kSortTile ? static_cast<int>(rest) : kSortTile;
    const double* a = pass.from.keys + first;
    const double* b = a + a_size;
    if (thread < 2) taken[thread] = merge_path<int64_t>(a, a_size, b, b_size, begin + (thread == 0 ? 0 : count));
    __syncthreads();
    const int64_t from_a = first + taken[0], from_b = first + a_size + (begin - taken[0]);
    const int size = static_cast<int>(taken[1] - taken[0]);
    for (int i = thread; i < count; i += threads) {
      const int64_t source = i < size ? from_a + i : from_b + (i - size);
      tile.keys[i] = pass.from.keys[source];
      if (kValues) tile.values[i] = pass.from.values[source];
    }
    __syncthreads();
    const int own = thread * kSortItems;
    SortItems<kValues> items;
    if (own < count) items.merge(tile, 0, size, count, own);
    __syncthreads();
    if (own < count) items.store(tile, own);
    __syncthreads();
    copy_out(tile, count, pass.to, first + begin);
    __syncthreads();
  }
}

// The least number of threads, a power of two, whose items hold a row: less is left idle where rows are short.
unsigned threads_for(size_t length) {
  unsigned threads = kWarp;
  while (threads < kSortThreads && threads * kSortItems < length) threads *= 2;
  return threads;
}

template <bool kValues>
void sort_rows(const SortRow<kValues>& rows, size_t segments, size_t length, cudaStream_t stream) {
  const unsigned threads = threads_for(length);
  const size_t tile = size_t{threads} * kSortItems, bytes = tile * (kValues ? 12 : 8);
  const size_t tiles = (length + tile - 1) / tile;
  int merges = 0;
  for (size_t run = tile; run < length; run *= 2) ++merges;
  const size_t spare = merges > 0 ? segments * length : 0;
  const Array<double> keys(spare, stream);
  const Array<int32_t> values(kValues ? spare : 0, stream);
  const SortRow<kValues> other{keys.data(), values.data()};
  const dim3 grid = grid_of(static_cast<int64_t>(segments * tiles), 1);
  // Every merge goes from one place to the other, the last one to where the caller looks.
  SortRow<kValues> from = merges % 2 == 0 ? rows : other, to = merges % 2 == 0 ? other : rows;
  SortPass<kValues> pass{rows,
                         from,
                         static_cast<int64_t>(segments),
                         static_cast<int64_t>(length),
                         static_cast<int64_t>(tile),
                         static_cast<int64_t>(tiles),
                         0};
  launch("sort_tiles", sort_tiles<kValues>, grid, dim3(threads), bytes, stream, pass);
  for (size_t run = tile; run < length; run *= 2) {
    pass.from = from;
    pass.to = to;
    pass.run = static_cast<int64_t>(run);
    launch("merge_runs", merge_runs<kValues>, grid, dim3(threads), bytes, stream, pass);
    std::swap(from, to);
  }
}

}  // namespace

void sort_segments(double* keys, int32_t* values, size_t segments, size_t length, cudaStream_t stream) {
  if (segments == 0 || length < 2) return;
  if (values == nullptr) {
    sort_rows<false>({keys, nullptr}, segments, length, stream);
  } else {
    sort_rows<true>({keys, values}, segments, length, stream);
  }
}

}  // namespace synthkit::cuda
