// L-BFGS on functions whose minimum is known.
#include <cmath>
#include <vector>

#include "common/line_search.h"
#include "cpu/lbfgs.h"
#include "tests/check.h"

using namespace synthkit;
using namespace synthkit::test;

namespace {

using Vector = std::vector<double>;

double bowl(const Vector& x, Vector& gradient) {
  double value = 0.0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double scale = double(i + 1) * double(i + 1), away = x[i] - double(i);
    value += 0.5 * scale * away * away;
    gradient[i] = scale * away;
  }
  return value;
}

double rosenbrock(const Vector& x, Vector& gradient) {
  const double a = 1.0 - x[0], b = x[1] - x[0] * x[0];
  gradient[0] = -2.0 * a - 400.0 * x[0] * b;
  gradient[1] = 200.0 * b;
  return a * a + 100.0 * b * b;
}

void test_minima() {
  Vector x(20, 3.0);
  const LbfgsOutcome found = minimise_lbfgs(bowl, x, {500, 1e-10, 0.0});
  CHECK(found.converged && found.iterations < 200, "%d", found.iterations);
  for (size_t i = 0; i < x.size(); ++i) CHECK(std::fabs(x[i] - double(i)) <= 1e-9, "%zu: %.17g", i, x[i]);
  Vector y = {-1.2, 1.0};
  const LbfgsOutcome walked = minimise_lbfgs(rosenbrock, y, {500, 1e-8, 0.0});
  CHECK(walked.converged && std::fabs(y[0] - 1.0) <= 1e-6 && std::fabs(y[1] - 1.0) <= 1e-6, "%g %g", y[0], y[1]);
}

void test_limits() {
  Vector x = {-1.2, 1.0};
  const LbfgsOutcome cut = minimise_lbfgs(rosenbrock, x, {3, 1e-8, 0.0});
  CHECK(!cut.converged && cut.iterations == 3);
  Vector there(5);
  for (size_t i = 0; i < there.size(); ++i) there[i] = double(i);
  const LbfgsOutcome none = minimise_lbfgs(bowl, there, {3, 1e-8, 0.0});
  CHECK(none.converged && none.iterations == 0);
}

// (s - 3)^2 from s = 0 with a first step of 1: the value falls by 5 of a predicted 6, but the slope of -4 is flat
// enough beside -6 (0.9), so that the step is taken; with a first step of 0.1 it is not.
void test_line_search() {
  LineSearch good(9.0, -6.0, 1.0, 1e10);
  CHECK(good.step() == 1.0 && good.accept(4.0, -4.0));
  LineSearch short_one(9.0, -6.0, 0.1, 1e10);
  CHECK(!short_one.accept(8.41, -5.8));
  CHECK(short_one.step() > 0.1 && short_one.step() <= 0.5, "%g", short_one.step());
}

}  // namespace

int main() {
  test_minima();
  test_limits();
  test_line_search();
  return finish("lbfgs");
}
