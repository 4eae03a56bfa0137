// Newton's method for one logistic regression.
#pragma once

#include <span>
#include <vector>

#include "cpu/aligned.h"
#include "cpu/logistic_kernel.h"

namespace synthkit {

struct LogisticFit {
  std::vector<double> model;  // [outputs][columns], the intercept last
  int iterations;
  bool converged;
};

// A fit whose mean loss is below this has no finite solution in sight: the classes are apart.
constexpr double kTinyLoss = 1e-9;

class LogisticNewton {
 public:
  // penalties [columns]: that of each code's weights, 1 / C in the caller's units; 0 for none and for the intercepts.
  LogisticNewton(const LogisticKernels& kernels, const LogisticData& data, double weight_sum,
                 std::span<const double> penalties);
  LogisticFit fit(int max_iterations);
  // After the fit: the weighted sum of its losses, and that of the same rows with other weights.
  double loss() const { return loss_; }
  double loss_of(const LogisticData& data);

 private:
  double evaluate(const std::vector<double>& model);
  void curve(double damping);
  void curve_at_start();
  void factor(double damping);
  double direct();
  bool search(double decrease);
  bool advance(double decrease, double& damping);

  const LogisticKernels& kernels_;
  const LogisticData& data_;
  double weight_sum_;
  std::span<const double> penalties_;
  bool rough_;  // float32 does for the second derivatives
  int unknowns_, stride_, wide_, pairs_wide_;
  AlignedDoubles scores_, residual_, rows_, products_, padded_, curvature_, blocks_, matrix_, step_;
  LogisticScratch scratch_;
  std::vector<double> model_, gradient_, trial_;
  double value_ = 0.0, loss_ = 0.0;
};

}  // namespace synthkit
