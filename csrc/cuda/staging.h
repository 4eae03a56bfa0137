// Pinned memory of the host, from which a stream copies while the caller goes on.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <list>
#include <mutex>

#include "cuda/error.h"

namespace synthkit::cuda {

// Pieces are used again once the copies out of them are done, so that a loop over batches settles on a few of them and
// neither allocates nor waits.
class Staging {
 public:
  // The piece that all of the process share; it lives as long as the process, as the driver may end before.
  static Staging& shared();

  // Copies bytes to the device in the order of the stream; the source may be changed on return.
  void copy(void* to, const void* from, size_t bytes, cudaStream_t stream);

 private:
  struct Piece {
    void* data = nullptr;
    size_t size = 0;
    cudaEvent_t done = nullptr;
    int device = 0;
  };

  Piece take(size_t bytes);

  std::mutex lock_;
  std::list<Piece> free_;  // copies out of them may still be under way: `done` tells
};

}  // namespace synthkit::cuda
