// One lane's part of a sweep (knn_sweep.cu): a point, and what is known of its neighbours.
#pragma once

#include "common/knn.h"
#include "cuda/knn_nearest.h"
#include "cuda/knn_sweep.h"
#include "cuda/launch.h"

namespace synthkit::cuda {

constexpr int kSweepThreads = 128;
constexpr int kTile = static_cast<int>(kWarp);
constexpr int kTogether = 4;  // pairs between two looks at whether there is room
constexpr int kRoom = 12;     // of what waits, a lane

// A task's points; beyond both ends there is nothing but points that are infinitely far away.
struct Line {
  const PlaneCode* points;
  int32_t rows;

  __device__ __forceinline__ PlaneCode at(int32_t i) const {
    return i >= 0 && i < rows ? points[i] : PlaneCode{kFar, kFar};
  }
};

// One point and what is known of its neighbours.
template <int kMost, bool kRepeated>
struct Query {
  PlaneCode self;
  double radius;         // only what is nearer matters
  double floor;          // only what is farther matters: the rest has been found by earlier searches
  int32_t within_floor;  // points no farther than that
  PlaneCode* waits;      // the lane's, kSweepThreads apart: differences to points that are near enough
  PlaneCode* free;       // the next place there
  Nearest<kMost> nearest;

  __device__ __forceinline__ void start(int32_t kept) {
    nearest.clear(kept);
    radius = nearest.radius();
    within_floor = 0;
    free = waits;
  }

  // The distance is chebyshev's, taken apart: the larger difference is less than the radius where both are.
  __device__ __forceinline__ void look(const PlaneCode& other) {
    const double along = self.along - other.along, across = self.across - other.across;
    bool near = magnitude(along) < radius && magnitude(across) < radius;
    if (kRepeated) {
      const bool found = magnitude(along) <= floor && magnitude(across) <= floor;
      within_floor += found ? 1 : 0;
      near = near && !found;
    }
    if (near) {
      *free = {along, across};
      free += kSweepThreads;
    }
  }

  __device__ __forceinline__ void put_waiting() {
    for (const PlaneCode* at = waits; __any_sync(kFullWarp, at < free); at += kSweepThreads) {
      nearest.put(at < free ? larger(magnitude(at->along), magnitude(at->across)) : kFar);
    }
    free = waits;
    radius = nearest.radius();
  }

  __device__ __forceinline__ void look_at_tile(const PlaneCode* tile) {
    for (int j = 0; j < kTile; j += kTogether) {
      PlaneCode others[kTogether];  // read before anything is written, which they could not pass
#pragma unroll
      for (int i = 0; i < kTogether; ++i) others[i] = tile[j + i];
#pragma unroll
      for (int i = 0; i < kTogether; ++i) look(others[i]);
      if (__any_sync(kFullWarp, free > waits + (kRoom - kTogether) * kSweepThreads)) put_waiting();
    }
  }

  // After a search: whether distance number `wanted` is known, and if so which it is.
  __device__ __forceinline__ bool settled(int32_t wanted, double& found) const {
    const int32_t rank = wanted - within_floor;
    if (rank <= 0) {
      found = floor;
    } else if (rank <= kMost) {
      found = nearest.at(rank);
    } else {
      found = kFar;
      return !(radius < kFar);  // no more numbers, or only infinite ones
    }
    return true;
  }
};

}  // namespace synthkit::cuda
