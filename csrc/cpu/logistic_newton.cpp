#include "cpu/logistic_newton.h"

#include <algorithm>
#include <cmath>

namespace synthkit {

namespace {

// All per unit of weight, so that they hold for any number of rows; `decrease` is the gain that Newton's step predicts.
constexpr double kConverged = 1e-20;  // the step just taken left an error of the order of its square
constexpr double kRounding = 1e-14;   // gains below this that no longer shrink are rounding
constexpr double kReuse = 1e-9;       // gains below this that shrink fast: the last factor is good enough
constexpr double kRough = 1e-5;       // penalty per unit of weight from which on errors of float32 only cost a step
constexpr int kHalvings = 12;

size_t pairs(int n) { return static_cast<size_t>(n) * static_cast<size_t>(n + 1) / 2; }

}  // namespace

LogisticNewton::LogisticNewton(const LogisticKernels& kernels, const LogisticData& data, double weight_sum,
                               std::span<const double> penalties)
    : kernels_(kernels),
      data_(data),
      weight_sum_(weight_sum),
      penalties_(penalties),
      rough_(std::all_of(penalties.begin(), penalties.end() - 1, [&](double p) { return p >= kRough * weight_sum; })),
      unknowns_(data.outputs * data.columns),
      stride_((unknowns_ + 7) / 8 * 8),
      wide_(padded_columns(data.columns)),
      pairs_wide_(padded_columns(static_cast<int>(pairs(data.columns)))) {
  const auto outputs = static_cast<size_t>(data.outputs);
  const auto rows = static_cast<size_t>(kLogisticChunk);
  const auto unknowns = static_cast<size_t>(unknowns_);
  scores_ = AlignedDoubles(outputs * rows);
  residual_ = AlignedDoubles(outputs * rows);
  rows_ = AlignedDoubles(8 * rows);
  products_ = AlignedDoubles(static_cast<size_t>(pairs_wide_) * rows);
  padded_ = AlignedDoubles(outputs * static_cast<size_t>(wide_));
  curvature_ = AlignedDoubles(static_cast<size_t>(data.chunks) * outputs * rows);
  blocks_ = AlignedDoubles(pairs(data.outputs) * static_cast<size_t>(pairs_wide_));
  matrix_ = AlignedDoubles(unknowns * static_cast<size_t>(stride_));
  step_ = AlignedDoubles(unknowns);
  scratch_ = {scores_.data(), residual_.data(), rows_.data(), products_.data()};
  model_.resize(unknowns);
  gradient_.resize(unknowns);
  trial_.resize(unknowns);
}

// Value of the objective at `model`; leaves loss_, gradient_ and curvature_ of that place.
double LogisticNewton::evaluate(const std::vector<double>& model) {
  loss_ = kernels_.evaluate(data_, model.data(), scratch_, padded_.data(), curvature_.data());
  double squares = 0.0;
  for (int c = 0, i = 0; c < data_.outputs; ++c) {
    for (int d = 0; d < data_.columns; ++d, ++i) {
      const double w = model[static_cast<size_t>(i)], penalty = penalties_[static_cast<size_t>(d)];
      squares += penalty * w * w;
      gradient_[static_cast<size_t>(i)] = padded_.data()[c * wide_ + d] + penalty * w;
    }
  }
  return loss_ + 0.5 * squares;
}

double LogisticNewton::loss_of(const LogisticData& data) {
  return kernels_.evaluate(data, model_.data(), scratch_, padded_.data(), curvature_.data());
}

// Second derivatives at the place of the last evaluation, and their factor. The gradient is exact in any case: errors
// here change the way to the optimum, not the optimum.
void LogisticNewton::curve(double damping) {
  (rough_ ? kernels_.rough_hessian : kernels_.hessian)(data_, curvature_.data(), scratch_, blocks_.data());
  factor(damping);
}

// The same where all scores are 0: each p is 1 / classes, so that all blocks are multiples of one.
void LogisticNewton::curve_at_start() {
  if (data_.outputs == 1) return curve(0.0);
  LogisticData one = data_;
  one.outputs = 1;
  kernels_.hessian(one, data_.weights, scratch_, blocks_.data());
  const double share = 1.0 / data_.outputs;
  const double same = share * (1.0 - share), other = -share * share;
  const auto wide = static_cast<size_t>(pairs_wide_);
  const double* base = blocks_.data();
  double* to = blocks_.data() + wide;
  for (int a = 0; a < data_.outputs; ++a) {
    for (int b = a; b < data_.outputs; ++b) {
      if (b == 0) continue;  // that is `base`, scaled last
      for (size_t i = 0; i < wide; ++i) to[i] = base[i] * (a == b ? same : other);
      to += wide;
    }
  }
  for (size_t i = 0; i < wide; ++i) blocks_.data()[i] *= same;
  factor(0.0);
}

// Cholesky factor of the second derivatives (1 + damping on the diagonal), from blocks_.
void LogisticNewton::factor(double damping) {
  const int d1 = data_.columns;
  const auto at = [&](int row, int column) -> double& { return matrix_.data()[int64_t(row) * stride_ + column]; };
  const double* block = blocks_.data();
  for (int a = 0; a < data_.outputs; ++a) {
    for (int b = a; b < data_.outputs; ++b, block += pairs_wide_) {
      const double* next = block;
      for (int d = 0; d < d1; ++d) {
        for (int e = d; e < d1; ++e, ++next) {
          at(b * d1 + e, a * d1 + d) = *next;
          at(b * d1 + d, a * d1 + e) = *next;
        }
      }
    }
  }
  if (data_.outputs > 1) {
    // Adding the same to all classes' scores changes nothing, so those directions have no curvature. As the gradient
    // has no part in them, any curvature does. Where there is a penalty, only the intercepts are free in this way.
    for (int d = 0; d < d1; ++d) {
      if (penalties_[static_cast<size_t>(d)] > 0.0) continue;
      double mean = 0.0;
      for (int a = 0; a < data_.outputs; ++a) mean += at(a * d1 + d, a * d1 + d);
      mean /= data_.outputs;
      for (int a = 0; a < data_.outputs; ++a) {
        for (int b = 0; b <= a; ++b) at(a * d1 + d, b * d1 + d) += mean;
      }
    }
  }
  for (int i = 0; i < unknowns_; ++i) {
    at(i, i) = (at(i, i) + penalties_[static_cast<size_t>(i % d1)]) * (1.0 + damping);
  }
  kernels_.factor(matrix_.data(), unknowns_, stride_);
}

// step_ = -H^-1 gradient; returns the decrease it predicts (half of gradient H^-1 gradient).
double LogisticNewton::direct() {
  for (int i = 0; i < unknowns_; ++i) step_.data()[i] = -gradient_[static_cast<size_t>(i)];
  kernels_.solve(matrix_.data(), unknowns_, stride_, step_.data());
  double slope = 0.0;
  for (int i = 0; i < unknowns_; ++i) slope += gradient_[static_cast<size_t>(i)] * step_.data()[i];
  return -0.5 * slope;
}

// Backtracks along step_ until the objective falls (Armijo); moves model_ there. False: it does not, nothing has moved.
bool LogisticNewton::search(double decrease) {
  const double noise = 1e-13 * std::fabs(value_) + 4e-16 * weight_sum_;  // rounding of ln(1 + e) in each row
  double length = 1.0;
  for (int halving = 0; halving < kHalvings; ++halving, length *= 0.5) {
    for (size_t i = 0; i < trial_.size(); ++i) trial_[i] = model_[i] + length * step_.data()[i];
    const double value = evaluate(trial_);
    if (value <= value_ - 2e-4 * length * decrease + noise) {
      value_ = value;
      model_.swap(trial_);
      return true;
    }
  }
  value_ = evaluate(model_);
  return false;
}

// One step; where it fails (rounding in a near-singular matrix), again with more and more weight on the diagonal.
bool LogisticNewton::advance(double decrease, double& damping) {
  while (!(decrease >= 0.0) || !search(decrease)) {
    damping = damping > 0.0 ? damping * 100.0 : 1e-8;
    if (damping > 1e4) return false;
    rough_ = false;
    curve(damping);
    decrease = direct();
  }
  return true;
}

LogisticFit LogisticNewton::fit(int max_iterations) {
  double damping = 0.0, before = HUGE_VAL;
  bool converged = false, reuse = false;
  int iteration = 0;
  value_ = evaluate(model_);
  while (iteration < max_iterations && !converged && loss_ > kTinyLoss * weight_sum_) {
    if (iteration == 0) {
      curve_at_start();
    } else if (!reuse) {
      curve(damping);
    }
    const double decrease = direct();
    const double gain = decrease / weight_sum_;
    if (!advance(decrease, damping)) break;
    ++iteration;
    damping = damping > 1e-8 ? damping * 0.01 : 0.0;
    const bool exact = !rough_ && !reuse;
    converged = gain <= kConverged || (exact && gain <= kRounding && gain > 0.25 * before);
    reuse = damping == 0.0 && gain <= kReuse && gain < 1e-3 * before;
    rough_ = rough_ && (gain > kReuse || gain < 0.1 * before);
    before = gain;
  }
  return {model_, iteration, converged};
}

}  // namespace synthkit
