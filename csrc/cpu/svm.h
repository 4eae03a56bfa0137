// Linear support vector machines on one code at a time.
#pragma once

#include "cpu/class_task.h"

namespace synthkit {

struct SvmTask : ClassTask {
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
