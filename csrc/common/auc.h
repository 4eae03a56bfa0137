// Counting for the area under the ROC curve, in whole numbers.
#pragma once

#include "common/config.h"

namespace synthkit {

// How many of sorted[0 .. n) are below x (or, with `or_equal`, not above it).
SK_HD int64_t count_below(const double* sorted, int64_t n, double x, bool or_equal) {
  // Without a branch: which way to go is a coin toss that a processor cannot foresee.
  int64_t first = 0;
  while (n > 1) {
    const int64_t half = n >> 1;
    const double last = sorted[first + half - 1];
    first += half * int64_t(or_equal ? last <= x : last < x);
    n -= half;
  }
  if (n == 1) first += int64_t(or_equal ? sorted[first] <= x : sorted[first] < x);
  return first;
}

// Twice the midrank of x among sorted[0 .. n): values below count 2, equal ones 1.
SK_HD int64_t twice_midrank(const double* sorted, int64_t n, double x) {
  const int64_t below = count_below(sorted, n, x, false);
  if (below == n || sorted[below] != x) return 2 * below;
  return below + count_below(sorted, n, x, true);
}

}  // namespace synthkit
