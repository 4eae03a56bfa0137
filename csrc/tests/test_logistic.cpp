// Logistic regression: closed forms, its exponential against libm, and every instruction set against the first.
#include "cpu/logistic.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "common/logistic.h"
#include "cpu/dispatch.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

struct Fits {
  std::vector<double> weights, intercepts, probabilities, log_loss, weighted_loss, train, test;
  std::vector<int32_t> iterations;
  std::unique_ptr<bool[]> converged;
};

Fits fit(const LogisticTask& task, int threads) {
  const size_t pairs = task.batch * task.factors, models = pairs * static_cast<size_t>(task.max_classes);
  Fits f{std::vector<double>(models * task.dims),
         std::vector<double>(models),
         std::vector<double>(models * task.rows),
         std::vector<double>(pairs),
         std::vector<double>(pairs),
         std::vector<double>(pairs),
         std::vector<double>(pairs),
         std::vector<int32_t>(pairs),
         std::make_unique<bool[]>(pairs)};
  fit_logistic(task,
               {f.weights.data(), f.intercepts.data(), f.probabilities.data(), f.log_loss.data(),
                f.weighted_loss.data(), f.train.data(), f.test.data(), f.iterations.data(), f.converged.get()},
               threads);
  return f;
}

void check_exponential() {
  for (int i = 0; i <= 59000; ++i) {
    const double x = -0.01 * i, wanted = std::exp(x), found = exp_below_one(x);
    CHECK(std::fabs(found - wanted) <= wanted * (1e-15 - 2.3e-16 * x), "x %g: %.17g, not %.17g", x, found, wanted);
  }
  CHECK(exp_below_one(0.0) == 1.0);
  CHECK(exp_below_one(-1e300) > 0.0 && exp_below_one(-1e300) < 1e-300);
}

void check_binary_terms() {
  const BinaryTerms even = binary_terms(0.0, 1.0);
  CHECK(even.probability == 0.5 && even.residual == -0.5 && even.curvature == 0.25);
  CHECK(std::fabs(even.loss - std::log(2.0)) <= 1e-15);
  const BinaryTerms sure = binary_terms(std::log(3.0), 0.0);  // p = 3/4
  CHECK(std::fabs(sure.residual - 0.75) <= 1e-15 && std::fabs(sure.loss - std::log(4.0)) <= 1e-15);
  // Far out the small side keeps its accuracy: p(0) = e^-100.
  const BinaryTerms far = binary_terms(100.0, 1.0);
  CHECK(std::fabs(far.residual + std::exp(-100.0)) <= 1e-12 * std::exp(-100.0));
}

// Codes 0 (labels 0 0 0 1) and 1 (labels 0 1 1): intercept -ln 3, weight ln 6.
void check_binary_table() {
  const std::vector<double> codes{0, 0, 0, 0, 1, 1, 1};
  const std::vector<int32_t> labels{0, 0, 0, 1, 0, 1, 1}, counts{2};
  const Fits f =
      fit({codes.data(), labels.data(), counts.data(), 1, 7, 7, 1, 1, 2, 0.0, false, false, 100, false, 0.0, 0.0}, 1);
  CHECK(f.converged[0]);
  CHECK(std::fabs(f.intercepts[1] + std::log(3.0)) <= 1e-13, "%.17g", f.intercepts[1]);
  CHECK(std::fabs(f.weights[1] - std::log(6.0)) <= 1e-13, "%.17g", f.weights[1]);
  CHECK(f.intercepts[0] == -f.intercepts[1] && f.weights[0] == -f.weights[1]);
  CHECK(std::isnan(f.test[0]));
}

// Rows of a lattice with labels that overlap, more than one chunk, several classes; all paths and threads alike.
void check_paths() {
  constexpr size_t kRows = 1100, kDims = 3;
  std::vector<double> codes(2 * kRows * kDims);
  std::vector<int32_t> labels(2 * kRows);
  const std::vector<int32_t> counts{5, 2};
  uint32_t state = 1;
  const auto next = [&] { return double((state = state * 1664525u + 1013904223u) >> 8) / 16777216.0; };
  for (size_t i = 0; i < kRows; ++i) {
    labels[i] = static_cast<int32_t>(i % 5);
    labels[kRows + i] = static_cast<int32_t>(i / 3 % 2);
  }
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = 2.0 * next() + 0.3 * labels[i / kDims % kRows];
  for (const double penalty : {1.0, 0.0}) {
    for (const int way : {0, 1, 2, 3}) {
      const bool one_vs_rest = way % 2 == 1, lbfgs = way >= 2;
      const LogisticTask task{codes.data(), labels.data(), counts.data(), 2,   kRows, 1000, kDims, 2, 5,
                              penalty,      true,          one_vs_rest,   300, lbfgs, 1e-4, 2e-9};
      std::vector<double> first;
      for (int p = 0; p < kNumCpuPaths; ++p) {
        if (!set_cpu_path(CpuPath(p))) continue;
        for (const int threads : {1, 3}) {
          const Fits f = fit(task, threads);
          CHECK(f.converged[0] && f.converged[1] && f.converged[2] && f.converged[3]);
          if (first.empty()) first = f.probabilities;
          CHECK(std::memcmp(first.data(), f.probabilities.data(), first.size() * sizeof(double)) == 0, "%s, %d threads",
                kCpuPathNames[p], threads);
        }
      }
    }
  }
}

}  // namespace

int main() {
  check_exponential();
  check_binary_terms();
  check_binary_table();
  check_paths();
  return synthkit::test::finish("logistic");
}
