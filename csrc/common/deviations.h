// Deviations, and interpolated order statistics.
#pragma once

#include "common/config.h"

namespace synthkit {

SK_HD double deviation(double x, double mean) { return __builtin_fabs(x - mean); }

SK_HD double squared_deviation(double x, double mean) { return (x - mean) * (x - mean); }

// Where the quantile of `count` numbers in order lies: `share` of the way from number `below` to the next one.
struct QuantilePlace {
  int64_t below;
  double share;
};

SK_HD QuantilePlace quantile_place(double quantile, int64_t count) {
  const double place = quantile * double(count - 1);
  const int64_t below = int64_t(place);
  return {below, place - double(below)};
}

// Between two neighbours in order, `share` of the way: numpy's rule, exact at both ends.
SK_HD double between(double low, double high, double share) {
  const double step = high - low;
  return share >= 0.5 ? high - step * (1.0 - share) : low + step * share;
}

}  // namespace synthkit
