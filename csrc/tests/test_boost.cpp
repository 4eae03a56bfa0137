// Boosted trees worked by hand, their formulas, and equal results for any number of threads on every path.
#include "cpu/boost.h"

#include <bit>
#include <cmath>

#include "common/boost.h"
#include "common/elementary.h"
#include "common/philox.h"
#include "cpu/dispatch.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

void check_formulas() {
  for (int i = 0; i <= 3000; ++i) {
    const double x = -0.2357 * i;
    const double wanted = exp2_exact(std::fmax(x * 1.4426950408889634, -1020.0));
    CHECK(std::bit_cast<uint64_t>(exp_below_one(x)) == std::bit_cast<uint64_t>(wanted), "e^%g", x);
  }
  CHECK(split_between(1.0f, 2.0f) == 1.5f, "a midpoint that is a float32");
  // Between neighbours the midpoint is no float32; the split is the lower one, on either side of zero.
  const float pairs[][2] = {{1.0f, std::nextafterf(1.0f, 2.0f)},
                            {std::nextafterf(1.0f, 2.0f), std::nextafterf(std::nextafterf(1.0f, 2.0f), 2.0f)},
                            {std::nextafterf(-1.0f, -2.0f), -1.0f},
                            {-1.0f, std::nextafterf(-1.0f, 0.0f)},
                            {0.0f, std::nextafterf(0.0f, 1.0f)},
                            {std::nextafterf(0.0f, -1.0f), 0.0f}};
  for (const auto& [below, above] : pairs) {
    CHECK(split_between(below, above) == below, "between %.9g and %.9g", below, above);
  }
  CHECK(newton_step(0.75, 0.1875, 1.0) == 4.0, "sum over curvature");
  CHECK(newton_step(1.0, 1e-151, 1.0) == 0.0, "no curvature");
}

// Codes 0, 1, 2, 3 and values 0, 0, 1, 3: mean 1, residuals -1, -1, 0, 2. With c rows on the left the gains
// s^2 4 / (c (4 - c)) are 4/3, 4 and 16/3, so that row 3 is parted: the left's step is -2/3, the right's 2.
void check_stump() {
  const float codes[] = {0, 1, 2, 3};
  const double targets[] = {0, 0, 1, 3};
  const int32_t classes[] = {0};
  double importances[1], found[4];
  boost_trees(codes, targets, classes, {1, 4, 1, 1, 4}, {1, 0.5, 1}, importances, found, 1);
  CHECK(importances[0] == 1.0, "the only code: %g", importances[0]);
  for (int i = 0; i < 4; ++i) {
    const double wanted = i < 3 ? 1.0 - 1.0 / 3.0 : 2.0;
    CHECK(std::fabs(found[i] - wanted) <= 1e-15, "row %d: %.17g", i, found[i]);
  }
}

// Two models, three codes (one tied), factors of 2, 3 and 12 classes and a regression: 17 lanes, three groups.
void check_threads_and_paths() {
  constexpr int64_t kRows = 90, kTrain = 80, kCodes = 3, kFactors = 4;
  const int32_t classes[kFactors] = {2, 3, 12, 0};
  std::vector<float> codes(2 * kRows * kCodes);
  std::vector<double> targets(kFactors * kRows);
  for (uint32_t i = 0; i < codes.size(); ++i) {
    const uint32_t word = philox4x32_10({i, 0, 0, 0}, 1, 2).w0;
    codes[i] = i % kCodes == 1 ? float(word % 5) : float(word >> 8);
  }
  for (uint32_t i = 0; i < targets.size(); ++i) {
    const uint32_t word = philox4x32_10({i, 1, 0, 0}, 1, 2).w0;
    const auto count = static_cast<uint32_t>(classes[i / kRows]);
    targets[i] = count == 0 ? word : i % kRows < count ? i % kRows : word % count;  // every class occurs
  }
  std::vector<double> first;
  for (int p = 0; p < kNumCpuPaths; ++p) {
    if (!set_cpu_path(CpuPath(p))) continue;
    for (const int threads : {1, 2, 3, 7}) {
      std::vector<double> importances(2 * kFactors * kCodes), found(2 * kFactors * kRows);
      boost_trees(codes, targets, classes, {2, kRows, kCodes, kFactors, kTrain}, {5, 0.1, 3}, importances, found,
                  threads);
      found.insert(found.end(), importances.begin(), importances.end());
      if (first.empty()) first = found;
      CHECK(found == first, "%s, %d threads", kCpuPathNames[p], threads);
    }
  }
  CHECK(first.size() > 0 && first.back() > 0.0, "something was fitted");
}

}  // namespace

int main() {
  check_formulas();
  check_stump();
  check_threads_and_paths();
  return test::finish("boost");
}
