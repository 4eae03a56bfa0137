// Interpolated order statistics.
#pragma once

#include "common/config.h"

namespace synthkit {

// Between two neighbours in order, `share` of the way: numpy's rule, exact at both ends.
SK_HD double between(double low, double high, double share) {
  const double step = high - low;
  return share >= 0.5 ? high - step * (1.0 - share) : low + step * share;
}

}  // namespace synthkit
