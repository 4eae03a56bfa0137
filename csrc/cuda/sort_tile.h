// Stable merging within a block: each thread finds by binary search where its share of the result begins in both runs
// ("merge path": Odeh, Green, Mwassi, Shmueli and Birk 2012, "Merge path - parallel merging made simple").
#pragma once

#include "cuda/launch.h"

namespace synthkit::cuda {

// Keys a thread holds. Odd, so that threads which step through shared memory side by side meet different banks.
constexpr int kSortItems = 7;
constexpr int kSortThreads = 256;
constexpr int kSortTile = kSortItems * kSortThreads;

// Keys and values, the values perhaps null.
template <bool kValues>
struct SortRow {
  double* keys;
  int32_t* values;
};

// How many of the first `taken` of the merged runs come from a; where keys are equal, a's come first.
template <typename Index>
__device__ __forceinline__ Index merge_path(const double* a, Index a_size, const double* b, Index b_size, Index taken) {
  Index low = taken > b_size ? taken - b_size : 0, high = taken < a_size ? taken : a_size;
  while (low < high) {
    const Index middle = (low + high) / 2;
    if (b[taken - 1 - middle] < a[middle]) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// What a thread holds.
template <bool kValues>
struct SortItems {
  double key[kSortItems];
  int32_t value[kSortItems];

  __device__ __forceinline__ void load(const SortRow<kValues>& tile, int first) {
#pragma unroll
    for (int i = 0; i < kSortItems; ++i) {
      key[i] = tile.keys[first + i];
      if (kValues) value[i] = tile.values[first + i];
    }
  }

  __device__ __forceinline__ void store(const SortRow<kValues>& tile, int first) const {
#pragma unroll
    for (int i = 0; i < kSortItems; ++i) {
      tile.keys[first + i] = key[i];
      if (kValues) tile.values[first + i] = value[i];
    }
  }

  // Exchanges neighbours only, and only those out of order: stable.
  __device__ __forceinline__ void sort() {
#pragma unroll
    for (int round = 0; round < kSortItems; ++round) {
#pragma unroll
      for (int i = round % 2; i + 1 < kSortItems; i += 2) {
        const bool swapped = key[i + 1] < key[i];
        const double low = swapped ? key[i + 1] : key[i], high = swapped ? key[i] : key[i + 1];
        key[i] = low;
        key[i + 1] = high;
        if (kValues) {
          const int32_t first = swapped ? value[i + 1] : value[i], second = swapped ? value[i] : value[i + 1];
          value[i] = first;
          value[i + 1] = second;
        }
      }
    }
  }

  // The items from `taken` on of the merged runs [a, b) and [b, end) of a tile in shared memory. Beyond the end they
  // are left undefined.
  __device__ __forceinline__ void merge(const SortRow<kValues>& tile, int a, int b, int end, int taken) {
    const int from_a = merge_path(tile.keys + a, b - a, tile.keys + b, end - b, taken);
    int at = a + from_a, other = b + (taken - from_a);
#pragma unroll
    for (int i = 0; i < kSortItems; ++i) {
      // Neither index runs past the tile, whose last key is read instead of what is beyond.
      const int last = end - 1;
      const double left = tile.keys[at < last ? at : last], right = tile.keys[other < last ? other : last];
      const bool second = at >= b || (other < end && right < left);
      const int from = second ? other : at;
      key[i] = second ? right : left;
      if (kValues) value[i] = tile.values[from < last ? from : last];
      at += second ? 0 : 1;
      other += second ? 1 : 0;
    }
  }
};

}  // namespace synthkit::cuda
