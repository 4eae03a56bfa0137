// Sums that must be taken in one order, by one thread.
#pragma once

#include <cstdint>

#include "cuda/launch.h"

namespace synthkit::cuda {

// Calls add(load(0)), add(load(1)), .., add(load(count - 1)). Up to 2 kAhead loads are under way at a time, so that it
// is the additions, each of which waits for the one before, that take the time.
template <int kAhead = 16, typename Load, typename Add>
__device__ __forceinline__ void in_order(int64_t count, Load load, Add add) {
  double next[kAhead];
  if (count >= kAhead) {
#pragma unroll
    for (int j = 0; j < kAhead; ++j) next[j] = load(j);
  }
  int64_t i = 0;
  for (; i + kAhead <= count; i += kAhead) {
    double now[kAhead];
#pragma unroll
    for (int j = 0; j < kAhead; ++j) now[j] = next[j];
    if (i + 2 * kAhead <= count) {
#pragma unroll
      for (int j = 0; j < kAhead; ++j) next[j] = load(i + kAhead + j);
    }
#pragma unroll
    for (int j = 0; j < kAhead; ++j) add(now[j]);
  }
  for (; i < count; ++i) add(load(i));
}

}  // namespace synthkit::cuda
