// Losses of logistic regression for one row. Nothing but + - * / and integer work: the same bits on any machine.
#pragma once

#include "common/config.h"
#include "common/elementary.h"

namespace synthkit {

constexpr double kLog2E = 1.4426950408889634;
constexpr double kLn2 = 0.6931471805599453;

// e^x for x <= 0; 0 below -600. Relative error below 1e-15 + 2e-16 |x|. Without a branch, so that loops over it become
// vector code (exp2_exact converts to whole numbers, which AVX2 has no instruction for).
SK_HD double exp_below_one(double x) {
  const double y = x * kLog2E;
  const double inside = y > -900.0 ? y : -900.0;
  const double shifted = inside + 6755399441055744.0;  // 1.5 * 2^52: the low bits now hold the nearest whole number
  const double z = (inside - (shifted - 6755399441055744.0)) * kLn2;
  double p = 1.0 / 6227020800.0;  // 1 / 13!; the next term is below 2e-17 for |z| <= 0.3466
  p = p * z + 1.0 / 479001600.0;
  p = p * z + 1.0 / 39916800.0;
  p = p * z + 1.0 / 3628800.0;
  p = p * z + 1.0 / 362880.0;
  p = p * z + 1.0 / 40320.0;
  p = p * z + 1.0 / 5040.0;
  p = p * z + 1.0 / 720.0;
  p = p * z + 1.0 / 120.0;
  p = p * z + 1.0 / 24.0;
  p = p * z + 1.0 / 6.0;
  p = p * z + 0.5;
  p = p * z + 1.0;
  p = p * z + 1.0;
  const double value = bit_cast<double>(bit_cast<uint64_t>(p) + (bit_cast<uint64_t>(shifted) << 52));
  return y > -866.0 ? value : 0.0;
}

struct BinaryTerms {
  double probability;  // of the positive class
  double residual;     // probability - target: the loss's derivative by the score
  double curvature;    // probability (1 - probability): its second derivative
  double loss;         // -ln of the target's probability
};

// Score z = ln(p / (1 - p)), target 0 or 1. Each term keeps its relative accuracy where it is near 0.
SK_HD BinaryTerms binary_terms(double score, double target) {
  const double size = score < 0.0 ? -score : score;
  const double e = exp_below_one(-size);
  const double near = 1.0 / (1.0 + e);  // probability of the class that the score speaks for
  const double far = e * near;
  const bool positive = score >= 0.0;
  const double p = positive ? near : far;
  const double q = positive ? far : near;
  const bool wrong = positive != (target > 0.5);
  const double log1p = log2_exact(1.0 + e) * kLn2;
  return {p, target > 0.5 ? -q : p, near * far, wrong ? log1p + size : log1p};
}

}  // namespace synthkit
