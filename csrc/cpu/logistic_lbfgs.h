// L-BFGS for one logistic regression: the way of scikit-learn, and the way for many classes.
#pragma once

#include <span>
#include <vector>

#include "cpu/aligned.h"
#include "cpu/lbfgs.h"
#include "cpu/logistic_newton.h"

namespace synthkit {

class LogisticLbfgs {
 public:
  // penalties [columns], as LogisticNewton takes them.
  LogisticLbfgs(const LogisticKernels& kernels, const LogisticData& data, std::span<const double> penalties);
  LogisticFit fit(const LbfgsSettings& settings);
  double loss() const { return loss_; }
  double loss_of(const LogisticData& data);

 private:
  double evaluate(const std::vector<double>& model, std::vector<double>& gradient);

  const LogisticKernels& kernels_;
  const LogisticData& data_;
  std::span<const double> penalties_;
  AlignedDoubles scores_, residual_, rows_, padded_, curvature_;
  LogisticScratch scratch_;
  std::vector<double> model_;
  double loss_ = 0.0;
};

}  // namespace synthkit
