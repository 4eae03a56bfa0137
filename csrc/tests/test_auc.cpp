// Midranks counted by hand, and a search against counting.
#include "cpu/auc.h"

#include <cmath>
#include <vector>

#include "common/auc.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

void check_midranks() {
  const std::vector<double> sorted{1, 2, 2, 2, 5, 7, 7};
  for (int64_t n = 0; n <= 7; ++n) {
    for (double x = 0.0; x <= 8.0; x += 0.5) {
      int64_t twice = 0;
      for (int64_t i = 0; i < n; ++i) {
        const double value = sorted[static_cast<size_t>(i)];
        twice += value < x ? 2 : value == x ? 1 : 0;
      }
      CHECK(twice_midrank(sorted.data(), n, x) == twice, "n %d, x %g", static_cast<int>(n), x);
    }
  }
}

void check_areas() {
  // Column 0: 2 and 3 against 1 and 2: 3.5 of 4 pairs. Column 1: no row has its class.
  const std::vector<double> scores{1, 0, 2, 0, 2, 0, 3, 0};
  const std::vector<int32_t> labels{-1, -1, 0, 0};
  for (const int threads : {1, 2, 5}) {
    std::vector<double> areas(2);
    roc_auc(scores, labels, 2, areas, threads);
    CHECK(areas[0] == 0.875, "%g", areas[0]);
    CHECK(std::isnan(areas[1]));
  }
}

}  // namespace

int main() {
  check_midranks();
  check_areas();
  return synthkit::test::finish("auc");
}
