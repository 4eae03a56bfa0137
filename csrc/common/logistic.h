// Losses of logistic regression for one row. Nothing but + - * / and integer work: the same bits on any machine.
#pragma once

#include "common/config.h"
#include "common/elementary.h"

namespace synthkit {

constexpr double kLn2 = 0.6931471805599453;

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
