// The least distances of each lane, in registers.
#pragma once

#include "common/knn.h"
#include "cuda/launch.h"

namespace synthkit::cuda {

constexpr double kFar = __builtin_huge_val();

// The least kMost distances so far, rising; all accesses have fixed indices, so that they stay in registers.
template <int kMost>
struct Nearest {
  double distance[kMost];

  // Room for `kept`; the rest is below all distances and stays.
  __device__ __forceinline__ void clear(int32_t kept) {
#pragma unroll
    for (int i = 0; i < kMost; ++i) distance[i] = i < kMost - kept ? -1.0 : kFar;
  }

  // What a distance must be below to be put.
  __device__ __forceinline__ double radius() const { return distance[kMost - 1]; }

  // The largest goes out.
  __device__ __forceinline__ void put(double d) {
#pragma unroll
    for (int i = kMost - 1; i > 0; --i) {
      const double shifted = distance[i - 1] <= d ? d : distance[i - 1];
      distance[i] = distance[i] <= d ? distance[i] : shifted;
    }
    distance[0] = distance[0] <= d ? distance[0] : d;
  }

  // Number `rank` of them, 1 <= rank <= kMost.
  __device__ __forceinline__ double at(int32_t rank) const {
    double found = distance[0];
#pragma unroll
    for (int i = 1; i < kMost; ++i) found = i < rank ? distance[i] : found;
    return found;
  }
};

}  // namespace synthkit::cuda
