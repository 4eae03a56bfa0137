// Distances to the k-th neighbour in the plane and how many points lie within them in each column, exactly.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace synthkit::cuda {

struct alignas(16) PlaneCode {
  double along, across;  // points are sorted by the first
};

struct SweepTask {
  const PlaneCode* points;  // [count][rows], `along` rising
  const int32_t* turned;    // [count]: 1 where `along` is the target, 0 where it is the code
  const double* codes;      // [count][rows], rising
  const double* target;     // [rows], rising
  int64_t count;
  int32_t rows;
  int32_t k;      // 1 <= k < rows
  int32_t* near;  // [count][2][rows + 1], zeros: becomes how many points have m points within their radius, in the
                  // code and in the target
};

void sweep(const SweepTask& task, cudaStream_t stream);

}  // namespace synthkit::cuda
