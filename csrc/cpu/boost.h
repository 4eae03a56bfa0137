// Gradient-boosted trees for a batch of models on the CPU.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cpu/boost_kernel.h"

namespace synthkit {

struct BoostShape {
  int64_t models, rows, features, factors, train_rows;
};

struct BoostSettings {
  int stages;
  double learning_rate;
  int depth;  // 1 to kBoostDepth
};

// codes [models, rows, features]; targets [factors, rows]: ranks of classes (-1 for a class that training lacks), or
// values; classes [factors]: 0 for regression, else at least 2. Out: importances [models, factors, features] and
// predictions [models, factors, rows]. The results do not depend on `threads`.
void boost_trees(std::span<const float> codes, std::span<const double> targets, std::span<const int32_t> classes,
                 const BoostShape& shape, const BoostSettings& settings, std::span<double> importances,
                 std::span<double> predictions, int threads);

// Bytes of residuals and raw predictions that one model holds.
int64_t boost_bytes(std::span<const int32_t> classes, int64_t rows);

}  // namespace synthkit
