// L-BFGS without bounds, step for step as L-BFGS-B 3.0 goes where no variable has a bound.
#pragma once

#include <functional>
#include <vector>

namespace synthkit {

struct LbfgsSettings {
  int max_iterations;
  double gradient_tolerance;  // done where no entry of the gradient is larger
  double value_tolerance;     // done where a step gains less than this share of the larger value, or of 1
};

struct LbfgsOutcome {
  int iterations;
  bool converged;  // one of the two tolerances was met
};

// Value at a place, and its gradient there.
using LbfgsFunction = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

// Moves x to a minimum. Source: Byrd, Lu, Nocedal and Zhu 1995, "A limited memory algorithm for bound constrained
// optimization"; 10 corrections, line search of More and Thuente, at most 20 evaluations each.
LbfgsOutcome minimise_lbfgs(const LbfgsFunction& function, std::vector<double>& x, const LbfgsSettings& settings);

}  // namespace synthkit
