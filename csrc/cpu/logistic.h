// Logistic regressions, one for each pair of codes and labels.
#pragma once

#include <cstdint>

#include "cpu/class_task.h"

namespace synthkit {

struct LogisticTask : ClassTask {
  double penalty;  // 1 / C, or 0
  bool balanced, one_vs_rest;
  int max_iterations;
  // Newton's method to the optimum; or L-BFGS on the codes as they are, until a tolerance is met.
  bool lbfgs;
  double gradient_tolerance, value_tolerance;
};

// All written whole. C is max_classes; places of classes that a factor lacks are 0.
struct LogisticResult {
  double* weights;         // [B, K, C, D]
  double* intercepts;      // [B, K, C]
  double* probabilities;   // [B, K, N, C] or null
  double* log_loss;        // [B, K]
  double* weighted_loss;   // [B, K]
  double* train_accuracy;  // [B, K]
  double* test_accuracy;   // [B, K], NaN without test rows
  int32_t* iterations;     // [B, K]; the most of a one-vs-rest family
  bool* converged;         // [B, K]
};

// The result does not depend on `threads`.
void fit_logistic(const LogisticTask& task, const LogisticResult& result, int threads);

}  // namespace synthkit
