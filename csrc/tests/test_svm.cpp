// Support vector machines worked by hand, and their sums over sorted rows against a plain loop.
#include "cpu/svm.h"

#include <cmath>
#include <vector>

#include "cpu/svm_fit.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

void check_sums() {
  const std::vector<double> rows{-3, -1, -1, 0, 2, 2, 4};
  SvmGroup group;
  group.assign(rows);
  for (const double w : {-2.0, -0.5, 0.0, 0.5, 1.0}) {
    for (const double b : {-2.0, -1.0, 0.0, 1.5}) {
      for (const bool above : {false, true}) {
        SvmSums wanted{0, 0, 0};
        for (const double x : rows) {
          const double score = w * x + b;
          if (above ? !(score > -1.0) : !(score < 1.0)) continue;
          wanted = {wanted.n + 1, wanted.x + x, wanted.xx + x * x};
        }
        const SvmSums found = group.inside({w, b}, above ? -1.0 : 1.0, above);
        CHECK(found.n == wanted.n && found.x == wanted.x && found.xx == wanted.xx, "w %g, b %g, above %d", w, b, above);
      }
    }
  }
}

// Codes -1 and 1: w = 4 c / (1 + 4 c), b = 0.
void check_two_points() {
  SvmGroup in, all;
  in.assign({1.0});
  all.assign({-1.0, 1.0});
  for (const double c : {0.01, 1.0, 100.0}) {
    const SvmModel m = fit_svm_pair(in, all, c, c);
    CHECK(std::fabs(m.w - 4 * c / (1 + 4 * c)) <= 1e-15, "c %g: %.17g", c, m.w);
    CHECK(std::fabs(m.b) <= 1e-15);
  }
}

// A constant code of 0 with counts 1, 2, 3 and c = 1/2: b = -3/8, -2/7, -1/6 (tests/ops/test_svm.py has the working).
void check_constant_code() {
  const std::vector<double> codes(6, 0.0);
  const std::vector<int32_t> labels{0, 1, 1, 2, 2, 2}, counts{3};
  std::vector<double> weights(3), intercepts(3), train(1), test(1);
  fit_svm({codes.data(), labels.data(), counts.data(), 1, 6, 6, 1, 1, 3, 0.5, true},
          {weights.data(), intercepts.data(), train.data(), test.data()}, 2);
  const double wanted[] = {-3.0 / 8, -2.0 / 7, -1.0 / 6};
  for (size_t c = 0; c < 3; ++c) {
    CHECK(weights[c] == 0.0);
    CHECK(std::fabs(intercepts[c] - wanted[c]) <= 1e-15, "class %zu: %.17g", c, intercepts[c]);
  }
  CHECK(train[0] == 0.5);
  CHECK(std::isnan(test[0]));
}

}  // namespace

int main() {
  check_sums();
  check_two_points();
  check_constant_code();
  return synthkit::test::finish("svm");
}
