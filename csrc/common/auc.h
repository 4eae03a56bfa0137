// Counting for the area under the ROC curve, in whole numbers.
#pragma once

#include "common/config.h"

namespace synthkit {

// How many of sorted[0 .. n) are below x (or, with `or_equal`, not above it).
SK_HD int64_t count_below(const double* sorted, int64_t n, double x, bool or_equal) {
  int64_t first = 0;
  while (n > 0) {
    const int64_t half = n >> 1;
    const double middle = sorted[first + half];
    const bool below = or_equal ? middle <= x : middle < x;
    first = below ? first + half + 1 : first;
    n = below ? n - half - 1 : half;
  }
  return first;
}

// Twice the midrank of x among sorted[0 .. n): values below count 2, equal ones 1.
SK_HD int64_t twice_midrank(const double* sorted, int64_t n, double x) {
  return count_below(sorted, n, x, false) + count_below(sorted, n, x, true);
}

}  // namespace synthkit
