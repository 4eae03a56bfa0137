// Linear support vector machines on one code at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace synthkit {

struct SvmTask {
  const double* codes;          // [B, N, D]
  const int32_t* labels;        // [K, N]: position among the training rows' classes, -1 for others
  const int32_t* class_counts;  // [K]: classes, at least 2
  size_t batch, rows, train_rows, dims, factors;
  int max_classes;
  double cost;
  bool balanced;
};

// All written whole. C is max_classes; places of classes that a factor lacks are 0.
struct SvmResult {
  double* weights;         // [B, K, D, C]
  double* intercepts;      // [B, K, D, C]
  double* train_accuracy;  // [B, K, D]
  double* test_accuracy;   // [B, K, D], NaN without test rows
};

// The result does not depend on `threads`.
void fit_svm(const SvmTask& task, const SvmResult& result, int threads);

}  // namespace synthkit
