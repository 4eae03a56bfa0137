// Tables worked by hand: bins, counts, information, deviations.
#include <cmath>
#include <vector>

#include "common/information.h"
#include "cpu/bins.h"
#include "cpu/deviations.h"
#include "cpu/joint.h"
#include "tests/check.h"

using namespace synthkit;
using namespace synthkit::test;

namespace {

void test_terms() {
  CHECK(log_count(1) == 0.0);
  CHECK(std::abs(log_count(8) - std::log(8.0)) <= 1e-15);
  const auto log_of = [](int64_t n) { return log_count(n); };
  // One row in each margin of two: x is 0 or 1, each half of the time; (1/2) (1/2) ln 2.
  CHECK(std::abs(expected_cell_information(1, 1, 2, log_of) - std::log(2.0) / 4) <= 1e-15);
  CHECK(expected_cell_information(0, 3, 5, log_of) == 0.0);
}

void test_edges() {
  const std::vector<double> values = {0.0, 10.0, 4.0};
  CHECK((equal_width_edges(values, 5) == Edges{2.0, 4.0, 6.0, 8.0}));
  std::vector<double> equal = {1.0, 1.0, 1.0};
  CHECK(quantile_edges(equal, 5).empty() && equal_width_edges(equal, 5).empty());
  std::vector<double> clusters = {0.0, 0.1, 9.0, 9.1, 9.2, 9.3, 9.4, 9.5};
  CHECK((quantile_edges(clusters, 2) == Edges{9.0}));
}

void test_counts() {
  const std::vector<uint16_t> columns = {0, 0, 1, 2, 2, 2}, labels = {1, 1, 0, 1, 0, 1};
  std::vector<uint32_t> table(6);
  joint_counts(columns.data(), labels.data(), 6, 3, 2, table);
  CHECK((table == std::vector<uint32_t>{0, 2, 1, 0, 1, 2}));
  const std::vector<int32_t> three = {3}, two = {2};
  double plug_in = -1, mean = -1;
  int64_t freedom = -1;
  mutual_information({columns, three, 6}, {labels, two, 6}, {{&plug_in, 1}, {&mean, 1}, {&freedom, 1}}, 1);
  // p = 1/3 (0,1), 1/6 (1,0), 1/6 (2,0), 1/3 (2,1); p(c) = 1/3 1/6 1/2, p(v) = 1/3 2/3.
  const double by_hand = std::log(1.5) / 3 + std::log(3.0) / 6 + 0.0 + 0.0;
  CHECK(std::abs(plug_in - by_hand) <= 1e-14, "%.17g", plug_in);
  CHECK(freedom == 4 - 3 - 2 + 1);
  CHECK(mean > 0.0 && mean < 1.0);
}

void test_deviations() {
  const std::vector<double> codes = {0.0, 10.0, 2.0, 14.0};
  const std::vector<int32_t> order = {0, 2, 1, 3}, starts = {0, 2, 2, 4};  // the middle group is empty
  const std::vector<RowGroups> groupings = {{order, starts}};
  double largest = 0, within = 0;
  group_deviations({codes.data(), 1, 4, 1}, groupings, 0.99, {&largest, 1}, {&within, 1}, 2);
  CHECK(largest == 7.5);
  CHECK(within == 1.5);
}

}  // namespace

int main() {
  test_terms();
  test_edges();
  test_counts();
  test_deviations();
  return finish("information");
}
