#include "cuda/staging.h"

#include <algorithm>
#include <cstring>

namespace synthkit::cuda {

namespace {

constexpr size_t kLeast = size_t{64} << 10;

}  // namespace

Staging& Staging::shared() {
  static Staging* const staging = new Staging;
  return *staging;
}

Staging::Piece Staging::take(size_t bytes) {
  int device = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  {
    const std::lock_guard guard(lock_);
    for (auto piece = free_.begin(); piece != free_.end(); ++piece) {
      if (piece->size < bytes || piece->device != device) continue;
      if (cudaEventQuery(piece->done) != cudaSuccess) {
        cudaGetLastError();  // "not ready" is remembered like an error
        continue;
      }
      const Piece found = *piece;
      free_.erase(piece);
      return found;
    }
  }
  Piece made;
  made.size = std::max(bytes, kLeast);
  made.device = device;
  check(cudaMallocHost(&made.data, made.size), "cudaMallocHost");
  check(cudaEventCreateWithFlags(&made.done, cudaEventDisableTiming), "cudaEventCreate");
  return made;
}

void Staging::copy(void* to, const void* from, size_t bytes, cudaStream_t stream) {
  if (bytes == 0) return;
  const Piece piece = take(bytes);
  std::memcpy(piece.data, from, bytes);
  check(cudaMemcpyAsync(to, piece.data, bytes, cudaMemcpyHostToDevice, stream), "copy to device");
  check(cudaEventRecord(piece.done, stream), "cudaEventRecord");
  const std::lock_guard guard(lock_);
  free_.push_back(piece);
}

}  // namespace synthkit::cuda
