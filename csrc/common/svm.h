// A linear support vector machine with squared hinge loss on one code, from sums over its active rows:
//   f(w, b) = 1/2 (w^2 + b^2) + sum_i c_i max(0, 1 - t_i (w x_i + b))^2,  t_i = -1 or 1.
// Between changes of the active set (the rows inside of the margin) f is quadratic.
#pragma once

#include "common/config.h"

namespace synthkit {

// Sums over active rows of one sign: of 1, x and x^2.
struct SvmSums {
  double n, x, xx;
};

struct SvmModel {
  double w, b;
};

// Sum of (1 - t (w x + b))^2 over rows of sign t.
SK_HD double svm_loss(const SvmSums& s, SvmModel m, double t) {
  const double scores = m.w * s.x + m.b * s.n;
  const double squares = m.w * (m.w * s.xx + m.b * s.x) + m.b * (m.w * s.x + m.b * s.n);
  return (s.n - 2.0 * t * scores) + squares;
}

// The minimum of the quadratic that f is where `in` (sign 1, cost each) and `out` (sign -1, cost each) are active:
// (I + 2 A) (w, b) = 2 r, with A the matrix of second moments and r the signed first moments.
SK_HD SvmModel svm_minimum(const SvmSums& in, const SvmSums& out, double in_cost, double out_cost) {
  const double xx = 1.0 + 2.0 * (in_cost * in.xx + out_cost * out.xx);
  const double x1 = 2.0 * (in_cost * in.x + out_cost * out.x);
  const double one = 1.0 + 2.0 * (in_cost * in.n + out_cost * out.n);
  const double rx = 2.0 * (in_cost * in.x - out_cost * out.x);
  const double r1 = 2.0 * (in_cost * in.n - out_cost * out.n);
  const double slope = x1 / one;  // eliminate b
  const double w = (rx - slope * r1) / (xx - slope * x1);
  return {w, (r1 - x1 * w) / one};
}

}  // namespace synthkit
