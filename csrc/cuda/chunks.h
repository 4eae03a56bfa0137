// Work on many models, as many at a time as the device has memory for.
#pragma once

#include <algorithm>
#include <cstddef>

#include "cuda/error.h"

namespace synthkit::cuda {

// Calls some(first, count) for pieces of [0, models) that follow each other. A piece for which the device has not the
// memory is tried again at half its size, and later ones are no larger; one model that does not fit is an error.
// Returns the size of the largest piece that was used.
template <typename Some>
size_t in_pieces(size_t models, Some&& some) {
  size_t piece = models;
  for (size_t first = 0; first < models;) {
    const size_t count = std::min(piece, models - first);
    try {
      some(first, count);
      first += count;
    } catch (const OutOfMemory&) {
      if (count == 1) throw;
      piece = count / 2;
    }
  }
  return piece;
}

}  // namespace synthkit::cuda
