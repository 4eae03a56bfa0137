// The line search of More and Thuente (1994, "Line search algorithms with guaranteed sufficient decrease"), with the
// constants and exits of MINPACK-2's dcsrch as L-BFGS-B calls it.
#pragma once

#include "common/config.h"

namespace synthkit {

struct LinePoint {
  double step, value, slope;
};

SK_HD double line_abs(double x) { return x < 0.0 ? -x : x; }
SK_HD double line_min(double a, double b) { return b < a ? b : a; }
SK_HD double line_max(double a, double b) { return a < b ? b : a; }

// A trial step from the best point, the other end, and the point just tried; moves the interval (dcstep).
SK_HD double next_step(LinePoint& best, LinePoint& other, const LinePoint& tried, bool& bracketed, double least,
                       double most) {
  const double sign = tried.slope * (best.slope / line_abs(best.slope));
  const double across = 3.0 * (best.value - tried.value) / (tried.step - best.step) + best.slope + tried.slope;
  double step;
  if (tried.value > best.value) {  // a higher value: the minimum is between
    const double scale = line_max(line_max(line_abs(across), line_abs(best.slope)), line_abs(tried.slope));
    double gamma =
        scale * __builtin_sqrt((across / scale) * (across / scale) - (best.slope / scale) * (tried.slope / scale));
    if (tried.step < best.step) gamma = -gamma;
    const double r = ((gamma - best.slope) + across) / (((gamma - best.slope) + gamma) + tried.slope);
    const double cubic = best.step + r * (tried.step - best.step);
    const double secant = (best.value - tried.value) / (tried.step - best.step) + best.slope;
    const double quadratic = best.step + ((best.slope / secant) / 2.0) * (tried.step - best.step);
    step = line_abs(cubic - best.step) < line_abs(quadratic - best.step) ? cubic : cubic + (quadratic - cubic) / 2.0;
    bracketed = true;
  } else if (sign < 0.0) {  // a lower value, the slope turned: the minimum is between
    const double scale = line_max(line_max(line_abs(across), line_abs(best.slope)), line_abs(tried.slope));
    double gamma =
        scale * __builtin_sqrt((across / scale) * (across / scale) - (best.slope / scale) * (tried.slope / scale));
    if (tried.step > best.step) gamma = -gamma;
    const double r = ((gamma - tried.slope) + across) / (((gamma - tried.slope) + gamma) + best.slope);
    const double cubic = tried.step + r * (best.step - tried.step);
    const double quadratic = tried.step + (tried.slope / (tried.slope - best.slope)) * (best.step - tried.step);
    step = line_abs(cubic - tried.step) > line_abs(quadratic - tried.step) ? cubic : quadratic;
    bracketed = true;
  } else if (line_abs(tried.slope) < line_abs(best.slope)) {  // lower, flatter: beyond, or at an end of the interval
    const double scale = line_max(line_max(line_abs(across), line_abs(best.slope)), line_abs(tried.slope));
    const double inside = (across / scale) * (across / scale) - (best.slope / scale) * (tried.slope / scale);
    double gamma = scale * __builtin_sqrt(line_max(0.0, inside));
    if (tried.step > best.step) gamma = -gamma;
    const double r = ((gamma - tried.slope) + across) / ((gamma + (best.slope - tried.slope)) + gamma);
    double cubic;
    if (r < 0.0 && gamma != 0.0) {
      cubic = tried.step + r * (best.step - tried.step);
    } else {
      cubic = tried.step > best.step ? most : least;
    }
    const double quadratic = tried.step + (tried.slope / (tried.slope - best.slope)) * (best.step - tried.step);
    const bool cubic_nearer = line_abs(cubic - tried.step) < line_abs(quadratic - tried.step);
    if (bracketed) {
      step = cubic_nearer ? cubic : quadratic;
      const double limit = tried.step + 0.66 * (other.step - tried.step);
      step = tried.step > best.step ? line_min(limit, step) : line_max(limit, step);
    } else {
      step = line_max(least, line_min(most, cubic_nearer ? quadratic : cubic));
    }
  } else if (bracketed) {  // lower, as steep: towards the other end
    const double beyond = 3.0 * (tried.value - other.value) / (other.step - tried.step) + other.slope + tried.slope;
    const double scale = line_max(line_max(line_abs(beyond), line_abs(other.slope)), line_abs(tried.slope));
    double gamma =
        scale * __builtin_sqrt((beyond / scale) * (beyond / scale) - (other.slope / scale) * (tried.slope / scale));
    if (tried.step > other.step) gamma = -gamma;
    const double r = ((gamma - tried.slope) + beyond) / (((gamma - tried.slope) + gamma) + other.slope);
    step = tried.step + r * (other.step - tried.step);
  } else {
    step = tried.step > best.step ? most : least;
  }
  if (tried.value > best.value) {
    other = tried;
  } else {
    if (sign < 0.0) other = best;
    best = tried;
  }
  return step;
}

// Use: LineSearch search(value, slope, step); evaluate at search.step(); while (!search.accept(value, slope)) again.
class LineSearch {
 public:
  LineSearch(double value, double slope, double step, double longest)
      : start_{0.0, value, slope},
        best_(start_),
        other_(start_),
        step_(step),
        longest_(longest),
        most_(step + kFarther * step),
        width_(longest),
        width_before_(2.0 * longest) {}

  double step() const { return step_; }

  // Takes the value and slope at step(). True: this step is good, or nothing better will come. False: try step().
  bool accept(double value, double slope) {
    const double fall = kDecrease * start_.slope;
    const double limit = start_.value + step_ * fall;
    if (first_stage_ && value <= limit && slope >= 0.0) first_stage_ = false;
    if (bracketed_ && (step_ <= least_ || step_ >= most_)) return true;  // rounding
    if (bracketed_ && most_ - least_ <= kNarrow * most_) return true;
    if (step_ == longest_ && value <= limit && slope <= fall) return true;
    if (step_ == 0.0 && (value > limit || slope >= fall)) return true;
    if (value <= limit && line_abs(slope) <= kFlatness * -start_.slope) return true;
    const LinePoint tried{step_, value, slope};
    if (first_stage_ && value <= best_.value && value > limit) {
      // The function less the line of sufficient decrease.
      const auto less = [&](const LinePoint& p, double sign) {
        return LinePoint{p.step, p.value - sign * p.step * fall, p.slope - sign * fall};
      };
      LinePoint best = less(best_, 1.0), other = less(other_, 1.0);
      step_ = next_step(best, other, less(tried, 1.0), bracketed_, least_, most_);
      best_ = less(best, -1.0);
      other_ = less(other, -1.0);
    } else {
      step_ = next_step(best_, other_, tried, bracketed_, least_, most_);
    }
    narrow();
    return false;
  }

 private:
  static constexpr double kDecrease = 1e-3, kFlatness = 0.9, kNarrow = 0.1;
  static constexpr double kNearer = 1.1, kFarther = 4.0;

  void narrow() {
    if (bracketed_) {
      if (line_abs(other_.step - best_.step) >= 0.66 * width_before_) {
        step_ = best_.step + 0.5 * (other_.step - best_.step);
      }
      width_before_ = width_;
      width_ = line_abs(other_.step - best_.step);
      least_ = line_min(best_.step, other_.step);
      most_ = line_max(best_.step, other_.step);
    } else {
      least_ = step_ + kNearer * (step_ - best_.step);
      most_ = step_ + kFarther * (step_ - best_.step);
    }
    step_ = line_max(0.0, line_min(longest_, step_));
    if (bracketed_ && (step_ <= least_ || step_ >= most_ || most_ - least_ <= kNarrow * most_)) step_ = best_.step;
  }

  LinePoint start_, best_, other_;
  double step_, longest_;
  double least_ = 0.0, most_;
  double width_, width_before_;
  bool bracketed_ = false, first_stage_ = true;
};

}  // namespace synthkit
