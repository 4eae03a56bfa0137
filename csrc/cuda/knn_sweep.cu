// A warp takes 32 points next to each other in the order of one column and looks at tiles of 32 outward from its own,
// left and right in turn, until for each of its points the next tile begins as far away, in that column alone, as the
// point's k-th neighbour so far. That is exact for any data: the distance in a column is rounded, but rounding keeps
// order, and it is never more than the distance in the plane.
//
// What a lane finds near enough waits in shared memory until a lane of the warp has no room left, and then all put
// theirs into their lists together: lists change for few pairs of one lane, but for most pairs of some lane. Until then
// a lane goes by the radius it had, which is too large, and safe.
//
// A point counts as a neighbour of its own, at distance 0, so that k + 1 are looked for. Lists are in registers and
// hold 32 at most; where more are wanted, the search is repeated for those beyond the 24 (48, 72, ..) found, with ties
// counted, so that no memory is needed for any k.
//
// Bound by float64 instructions: four a pair, and as many as a list is long for each of about 150 puts a warp.
#include "cuda/knn_sweep.h"

#include "common/knn.h"
#include "cuda/knn_query.h"
#include "cuda/launch.h"

namespace synthkit::cuda {

namespace {

// Searches outward from the tile that begins at `home`. A lane with radius -1 takes part and finds nothing.
template <typename Any>
__device__ __forceinline__ void search(const Line& line, int32_t home, PlaneCode* tile, Any& query) {
  const auto lane = static_cast<int32_t>(threadIdx.x % kWarp);
  int32_t left = home - kTile, right = home + kTile;
  PlaneCode next = line.at(home + lane), below = line.at(left + lane), above = line.at(right + lane);
  for (bool went_left = false;;) {
    __syncwarp();  // the last tile has been looked at by all
    tile[lane] = next;
    __syncwarp();
    query.look_at_tile(tile);
    const double nearest_below = __shfl_sync(kFullWarp, below.along, kTile - 1);
    const double nearest_above = __shfl_sync(kFullWarp, above.along, 0);
    const bool to_left = __any_sync(kFullWarp, magnitude(query.self.along - nearest_below) < query.radius);
    const bool to_right = __any_sync(kFullWarp, magnitude(query.self.along - nearest_above) < query.radius);
    if (!to_left && !to_right) break;
    went_left = to_left && !(to_right && went_left);
    if (went_left) {
      next = below;
      left -= kTile;
      below = line.at(left + lane);
    } else {
      next = above;
      right += kTile;
      above = line.at(right + lane);
    }
  }
  query.put_waiting();
}

// Distance number `wanted`, the point itself being number 1.
template <int kMost>
__device__ __forceinline__ double find_once(const Line& line, int32_t home, bool there, int32_t wanted, PlaneCode* tile,
                                            PlaneCode* waits) {
  Query<kMost, false> query;
  query.self = line.at(home + static_cast<int32_t>(threadIdx.x % kWarp));
  query.waits = waits;
  query.start(there ? wanted : 0);
  search(line, home, tile, query);
  return query.radius;
}

template <int kMost>
__device__ __forceinline__ double find_repeatedly(const Line& line, int32_t home, bool there, int32_t wanted,
                                                  PlaneCode* tile, PlaneCode* waits) {
  Query<kMost, true> query;
  query.self = line.at(home + static_cast<int32_t>(threadIdx.x % kWarp));
  query.waits = waits;
  query.floor = -1.0;
  double found = 0.0;
  for (bool done = !there;;) {
    query.start(done ? 0 : kMost);
    search(line, home, tile, query);
    done = done || query.settled(wanted, found);
    query.floor = query.radius;
    if (!__any_sync(kFullWarp, !done)) return found;
  }
}

__device__ __forceinline__ void count(const double* values, int32_t rows, double x, double r, int32_t* near) {
  const Reach reach = reach_of(values, rows, x, r);
  atomicAdd(near + (reach.end > reach.first ? reach.end - reach.first : 0), 1);
}

template <int kMost, bool kRepeated>
__global__ void __launch_bounds__(kSweepThreads, 4) sweep_points(SweepTask task) {
  __shared__ PlaneCode tiles[kSweepThreads];
  __shared__ PlaneCode waits[kSweepThreads * kRoom];
  const auto lane = static_cast<int32_t>(threadIdx.x % kWarp);
  PlaneCode* tile = tiles + (threadIdx.x - lane);
  PlaneCode* own_waits = waits + threadIdx.x;
  const int64_t tiles_each = (int64_t{task.rows} + kTile - 1) / kTile, total = task.count * tiles_each;
  const int64_t step = int64_t{gridDim.x} * (kSweepThreads / kTile);
  for (int64_t at = (int64_t{blockIdx.x} * kSweepThreads + threadIdx.x) / kTile; at < total; at += step) {
    const int64_t number = at / tiles_each;
    const auto home = static_cast<int32_t>(at - number * tiles_each) * kTile;
    const Line line{task.points + number * task.rows, task.rows};
    const bool there = home + lane < task.rows;
    const double radius = kRepeated ? find_repeatedly<kMost>(line, home, there, task.k + 1, tile, own_waits)
                                    : find_once<kMost>(line, home, there, task.k + 1, tile, own_waits);
    if (there) {
      const PlaneCode self = line.at(home + lane);
      const bool turned = task.turned[number] != 0;
      const double r = toward_zero(radius);
      int32_t* near = task.near + number * 2 * (int64_t{task.rows} + 1);
      count(task.codes + number * task.rows, task.rows, turned ? self.across : self.along, r, near);
      count(task.target, task.rows, turned ? self.along : self.across, r, near + task.rows + 1);
    }
  }
}

}  // namespace

void sweep(const SweepTask& task, cudaStream_t stream) {
  const int64_t tiles = task.count * ((int64_t{task.rows} + kTile - 1) / kTile);
  const auto go = [&](auto kernel) {
    launch("sweep_points", kernel, grid_of(tiles, kSweepThreads / kTile), dim3(kSweepThreads), 0, stream, task);
  };
  if (task.k < 4) return go(sweep_points<4, false>);
  if (task.k < 8) return go(sweep_points<8, false>);
  if (task.k < 12) return go(sweep_points<12, false>);
  if (task.k < 16) return go(sweep_points<16, false>);
  if (task.k < 32) return go(sweep_points<32, false>);
  go(sweep_points<24, true>);
}

}  // namespace synthkit::cuda
