// Formulas of gradient-boosted trees: Friedman (2001), Greedy function approximation, with scikit-learn's conventions.
#pragma once

#include "common/config.h"
#include "common/elementary.h"

namespace synthkit {

// A node whose variance is no larger is a leaf.
constexpr double kPureVariance = 2.220446049250313e-16;
// Codes that differ by no more are equal.
constexpr float kSameCode = 1e-7f;

// A later split must gain more than the best so far by two units in the last place, so that an equal one (a copy of a
// column) never wins by rounding.
constexpr double kGainMargin = 4.440892098500626e-16;

// Which feature a stage looks at v-th: forward from one that moves on every two stages, then backward over the same
// round, so that of equally good features each comes first in about half of the stages and of the weight.
SK_HD int64_t feature_in_turn(int64_t stage, int64_t v, int64_t features) {
  const int64_t start = stage / 2 % features;
  return (start + (stage % 2 == 0 ? v : features - 1 - v)) % features;
}

// The first code above a group that ends with `code`: scikit-learn adds in single precision, and so do we.
SK_HD float code_limit(float code) { return code + kSameCode; }

// Codes are on the right of a split where they exceed the largest float32 that is no more than the midpoint between its
// neighbours, which is the same as to exceed the midpoint. Halves first, as their sum cannot overflow.
SK_HD float split_between(float below, float above) {
  const double middle = double(below) / 2.0 + double(above) / 2.0;
  const float split = float(middle);
  if (!(double(split) > middle)) return split;
  // Rounded up: one float32 back.
  const uint32_t bits = bit_cast<uint32_t>(split);
  return bit_cast<float>(split > 0.0f ? bits - 1 : split < 0.0f ? bits + 1 : 0x80000001u);
}

// One Newton step for a leaf: the residuals' sum over the sum of p (1 - p), times (C - 1) / C for C > 2 classes.
SK_HD double newton_step(double residuals, double curvature, double scale) {
  return curvature < 1e-150 ? 0.0 : residuals * scale / curvature;
}

// p (1 - p) of a row, from its residual y - p with y in {0, 1}.
SK_HD double curvature_of(double residual) {
  const double p = (residual > 0.0 ? 1.0 : 0.0) - residual;
  return p * (1.0 - p);
}

}  // namespace synthkit
