// Order statistics of a row of numbers by one block, exact: the bits of a number that is not negative, read as a whole
// number, are in the order of the numbers, and are found 8 at a time from the top, until one number has them.
#pragma once

#include "common/deviations.h"
#include "cuda/launch.h"

namespace synthkit::cuda {

constexpr int kSelectThreads = 256;
constexpr int kSelectBits = 8, kSelectBins = 1 << kSelectBits;

// In shared memory.
struct SelectSpace {
  uint32_t bins[kSelectBins];  // numbers with the bits found so far, by their next ones
  uint64_t least[kSelectThreads], only;
  uint32_t digit, rank, equal;
};

// The first warp finds the bin that number `rank` (from 0) falls in, its rank there, and how many are in it.
__device__ __forceinline__ void find_bin(uint32_t rank, SelectSpace& space) {
  constexpr int kEach = kSelectBins / static_cast<int>(kWarp);
  const auto lane = static_cast<int>(threadIdx.x);
  if (lane >= static_cast<int>(kWarp)) return;
  uint32_t own = 0;
  for (int i = 0; i < kEach; ++i) own += space.bins[lane * kEach + i];
  uint32_t before = own;
  for (int by = 1; by < static_cast<int>(kWarp); by *= 2) {
    const uint32_t other = __shfl_sync(kFullWarp, before, lane >= by ? lane - by : lane);
    before += lane >= by ? other : 0;
  }
  before -= own;
  if (rank < before || rank - before >= own) return;  // some other lane's
  int bin = lane * kEach;
  for (; rank - before >= space.bins[bin]; ++bin) before += space.bins[bin];
  space.digit = static_cast<uint32_t>(bin);
  space.rank = rank - before;
  space.equal = space.bins[bin];
}

// The least of the bits that are more than those given; all ones if there are none.
__device__ __forceinline__ uint64_t next_above(const double* values, uint32_t count, uint64_t bits,
                                               SelectSpace& space) {
  uint64_t least = ~uint64_t{0};
  for (uint32_t i = threadIdx.x; i < count; i += kSelectThreads) {
    const auto other = bit_cast<uint64_t>(values[i]);
    if (other > bits && other < least) least = other;
  }
  space.least[threadIdx.x] = least;
  for (unsigned half = kSelectThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half && space.least[threadIdx.x + half] < space.least[threadIdx.x]) {
      space.least[threadIdx.x] = space.least[threadIdx.x + half];
    }
  }
  __syncthreads();
  return space.least[0];
}

// The quantile of `count` numbers, 1 or more, none negative: all threads of the block get it. Thread t reads only
// values[t], values[t + kSelectThreads], ..
__device__ __forceinline__ double select_quantile(const double* values, uint32_t count, double quantile,
                                                  SelectSpace& space) {
  const QuantilePlace place = quantile_place(quantile, count);
  const auto below = static_cast<uint32_t>(place.below);
  uint64_t bits = 0, known = 0;
  uint32_t rank = below, equal = count;
  for (int shift = 64 - kSelectBits; shift >= 0 && equal > 1; shift -= kSelectBits) {
    __syncthreads();
    for (unsigned i = threadIdx.x; i < kSelectBins; i += kSelectThreads) space.bins[i] = 0;
    __syncthreads();
    for (uint32_t i = threadIdx.x; i < count; i += kSelectThreads) {
      const auto own = bit_cast<uint64_t>(values[i]);
      if ((own & known) == bits) atomicAdd(&space.bins[own >> shift & (kSelectBins - 1)], 1u);
    }
    __syncthreads();
    find_bin(rank, space);
    __syncthreads();
    bits |= uint64_t{space.digit} << shift;
    known |= uint64_t{kSelectBins - 1} << shift;
    rank = space.rank;
    equal = space.equal;
  }
  if (equal == 1) {  // its other bits need no counting
    __syncthreads();
    for (uint32_t i = threadIdx.x; i < count; i += kSelectThreads) {
      const auto own = bit_cast<uint64_t>(values[i]);
      if ((own & known) == bits) space.only = own;
    }
    __syncthreads();
    bits = space.only;
  }
  const auto found = bit_cast<double>(bits);
  if (below + 1 == count) return found;
  const double above = rank + 1 < equal ? found : bit_cast<double>(next_above(values, count, bits, space));
  return between(found, above, place.share);
}

}  // namespace synthkit::cuda
