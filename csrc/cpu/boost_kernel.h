// What the per-instruction-set files of the boosted trees offer to the dispatcher.
//
// A lane is one sequence of trees: one class of a factor, or a factor of two classes, or a regression. All lanes of a
// model share its codes; eight of them are fitted together as a group. Nothing is ever summed across lanes of a group.
#pragma once

#include <stdint.h>

namespace synthkit {

constexpr int kBoostLanes = 8;
constexpr int kBoostDepth = 3;
constexpr int kBoostNodes = 1 << kBoostDepth;  // leaves of a full tree; also the heap's size, its root at 1

// How many neighbours in the order of a feature are equal.
enum BoostTies : uint8_t { kFewTies = 0, kManyTies = 1, kAllTies = 2 };

// One model's codes, n training rows first. Pointers, since STL must stay out of files compiled for several paths.
struct BoostCodes {
  const float* columns;    // [features, rows]
  const uint32_t* order;   // [features, n]: training rows by code, then by row
  const float* sorted;     // [features, n]: the codes in that order
  const BoostTies* ties;   // [features]
  const int64_t* varying;  // [num_varying]: the features that could split anything
  int64_t n, rows, features, num_varying;
};

// Eight lanes, side by side in each row.
struct BoostGroup {
  const double* residuals;    // [n, kBoostLanes]
  double* raw;                // [rows, kBoostLanes]: raw predictions
  double* importances;        // [kBoostLanes, features], added to
  double scale[kBoostLanes];  // of a Newton step
  bool newton[kBoostLanes];   // whether leaves are Newton steps, or means of residuals
  double learning_rate;
  int depth;
  int64_t stage;
};

// A factor's lanes, counted over all groups. classes: 0 for regression, 2 for one lane of log-odds, else one lane each.
struct BoostFactor {
  const double* targets;  // [rows]: ranks of classes, or values
  int64_t first_lane;
  int classes;
};

// All factors of a model; group g's rows begin at raw + g * rows * kBoostLanes, its residuals at
// residuals + g * n * kBoostLanes.
struct BoostFactors {
  const BoostFactor* factors;
  int64_t count, groups;
  const double* raw;
  double* residuals;
  int64_t n, rows;
};

// One a thread.
struct BoostScratch {
  double* centred;  // [n, kBoostLanes]: residual minus its node's mean
  uint64_t* nodes;  // [rows]: a byte for each lane, the row's node counted from the left of its level
};

// One tree for each lane: grows it on the residuals, adds its steps to raw and its gains to importances.
using BoostStage = void (*)(const BoostCodes&, const BoostGroup&, const BoostScratch&);
// Residuals of the training rows [begin, end); `buffer` holds 3 * groups * kBoostLanes numbers.
using BoostResiduals = void (*)(const BoostFactors&, int64_t begin, int64_t end, double* buffer);

namespace baseline {
void boost_stage(const BoostCodes&, const BoostGroup&, const BoostScratch&);
void boost_residuals(const BoostFactors&, int64_t, int64_t, double*);
}  // namespace baseline
namespace avx2 {
void boost_stage(const BoostCodes&, const BoostGroup&, const BoostScratch&);
void boost_residuals(const BoostFactors&, int64_t, int64_t, double*);
}  // namespace avx2
namespace avx512 {
void boost_stage(const BoostCodes&, const BoostGroup&, const BoostScratch&);
void boost_residuals(const BoostFactors&, int64_t, int64_t, double*);
}  // namespace avx512

}  // namespace synthkit
