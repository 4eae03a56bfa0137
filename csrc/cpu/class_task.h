// What every linear classifier is fitted to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace synthkit {

// A model for each pair of codes and labels.
struct ClassTask {
  const double* codes;          // [B, N, D]
  const int32_t* labels;        // [K, N]: position among the training rows' classes, -1 for others
  const int32_t* class_counts;  // [K]: classes, at least 2
  size_t batch, rows, train_rows, dims, factors;
  int max_classes;
};

}  // namespace synthkit
