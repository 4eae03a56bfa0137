#include "cpu/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>

#include "common/line_search.h"

namespace synthkit {

namespace {

using Vector = std::vector<double>;

constexpr size_t kCorrections = 10;
constexpr int kEvaluations = 20;
constexpr double kLongestStep = 1e10;
constexpr double kEpsilon = 2.220446049250313e-16;

double dot(const Vector& a, const Vector& b) {
  double sum = 0.0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double largest(const Vector& v) {
  double most = 0.0;
  for (const double x : v) most = std::max(most, std::fabs(x));
  return most;
}

// The steps and changes of gradient that the curvature is known from.
class Corrections {
 public:
  bool empty() const { return pairs_.empty(); }
  void forget() {
    pairs_.clear();
    scale_ = 1.0;
  }

  // Left out where the curvature along the step is not positive beyond rounding.
  void add(const Vector& step, const Vector& change, double slope, double step_slope) {
    const double curvature = step_slope;
    if (curvature <= kEpsilon * slope) return;
    if (pairs_.size() == kCorrections) pairs_.pop_front();
    pairs_.push_back({step, change, 1.0 / curvature});
    scale_ = curvature / dot(change, change);
  }

  // - (approximate inverse of the second derivatives) gradient: the two loops of Nocedal 1980.
  Vector direction(const Vector& gradient) const {
    Vector d(gradient.size());
    for (size_t i = 0; i < d.size(); ++i) d[i] = -gradient[i];
    Vector weights(pairs_.size());
    for (size_t p = pairs_.size(); p-- > 0;) {
      weights[p] = pairs_[p].inverse * dot(pairs_[p].step, d);
      for (size_t i = 0; i < d.size(); ++i) d[i] -= weights[p] * pairs_[p].change[i];
    }
    for (double& x : d) x *= scale_;
    for (size_t p = 0; p < pairs_.size(); ++p) {
      const double weight = weights[p] - pairs_[p].inverse * dot(pairs_[p].change, d);
      for (size_t i = 0; i < d.size(); ++i) d[i] += weight * pairs_[p].step[i];
    }
    return d;
  }

 private:
  struct Pair {
    Vector step, change;
    double inverse;
  };
  std::deque<Pair> pairs_;
  double scale_ = 1.0;
};

class Walk {
 public:
  Walk(const LbfgsFunction& function, Vector& x) : function_(function), x_(x), gradient_(x.size()) {
    value_ = function_(x_, gradient_);
  }

  double value() const { return value_; }
  const Vector& gradient() const { return gradient_; }

  // One step; false if no step along any direction helps.
  bool step(bool first) {
    while (true) {
      const Vector direction = corrections_.direction(gradient_);
      const double slope = dot(gradient_, direction);
      if (slope < 0.0 && search(direction, slope, first && corrections_.empty())) return true;
      if (corrections_.empty()) return false;
      corrections_.forget();
    }
  }

 private:
  bool search(const Vector& direction, double slope, bool first) {
    const Vector start = x_, gradient = gradient_;
    const double value = value_;
    const double length = std::sqrt(dot(direction, direction));
    LineSearch line(value, slope, first ? std::min(1.0 / length, kLongestStep) : 1.0, kLongestStep);
    for (int tries = 0; tries < kEvaluations; ++tries) {
      const double step = line.step();
      for (size_t i = 0; i < x_.size(); ++i) x_[i] = step * direction[i] + start[i];
      value_ = function_(x_, gradient_);
      const double slope_here = dot(gradient_, direction);
      if (line.accept(value_, slope_here)) {
        remember(direction, gradient, step, slope, slope_here);
        return true;
      }
    }
    x_ = start;
    gradient_ = gradient;
    value_ = value;
    return false;
  }

  void remember(const Vector& direction, const Vector& gradient, double step, double slope, double slope_here) {
    Vector moved = direction, change = gradient_;
    for (size_t i = 0; i < moved.size(); ++i) {
      moved[i] *= step;
      change[i] -= gradient[i];
    }
    corrections_.add(moved, change, -slope * step, (slope_here - slope) * step);
  }

  const LbfgsFunction& function_;
  Vector& x_;
  Vector gradient_;
  double value_;
  Corrections corrections_;
};

}  // namespace

LbfgsOutcome minimise_lbfgs(const LbfgsFunction& function, std::vector<double>& x, const LbfgsSettings& settings) {
  Walk walk(function, x);
  if (largest(walk.gradient()) <= settings.gradient_tolerance) return {0, true};
  for (int iteration = 0; iteration < settings.max_iterations; ++iteration) {
    const double before = walk.value();
    if (!walk.step(iteration == 0)) return {iteration, false};
    if (largest(walk.gradient()) <= settings.gradient_tolerance) return {iteration + 1, true};
    const double scale = std::max({std::fabs(before), std::fabs(walk.value()), 1.0});
    if (before - walk.value() <= settings.value_tolerance * scale) return {iteration + 1, true};
  }
  return {settings.max_iterations, false};
}

}  // namespace synthkit
