// Nearest-neighbour mutual information: psi, estimates worked by hand, distances against all pairs, threads.
#include "cpu/knn.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/knn.h"
#include "cpu/knn_plane.h"
#include "tests/check.h"

using namespace synthkit;

namespace {

// A number in [0, 1) out of i, one of 2^bits.
double number(uint32_t i, uint32_t column, int bits) {
  return double(uint64_t{philox4x32_10({i, column, 0, 0}, 1, 2).w0} >> (32 - bits)) / double(uint64_t{1} << bits);
}

void check_psi() {
  const std::vector<double> psi = psi_table(1000000);
  CHECK(psi[1] == -kEulerGamma);
  CHECK(std::fabs(psi[4] - (1.0 + 0.5 + 1.0 / 3.0 - kEulerGamma)) < 1e-15);
  // psi(x) = ln x - 1 / 2x - 1 / 12x^2 + ..
  CHECK(std::fabs(psi[1000000] - (std::log(1e6) - 5e-7 - 1e-12 / 12)) < 4e-15, "%.17g", psi[1000000]);
}

void check_radius() {
  CHECK(toward_zero(0.0) == 0.0);
  for (const double r : {1.0, 3.7e-300, 5e-324, 1e300}) CHECK(toward_zero(r) == std::nextafter(r, 0.0));
}

// One label, 0 1 3, k = 1: radii just below 1 1 2, m = 1 1 1: psi(3) + psi(1) - psi(3) - psi(1) = 0.
// With 3 labels 0 0 0 at 0 1 3 and 1 1 at 1.5 8: radii 1 1 2 6.5 6.5; m = 1, 2 (1.5), 2 (1.5), 4 (not 8), 2 (3):
// psi(5) + psi(1) - (3 psi(3) + 2 psi(2)) / 5 - (psi(1) + 3 psi(2) + psi(4)) / 5
//   = 25/12 - (9/2 + 2) / 5 - (3 + 11/6) / 5 = 25/12 - 34/15 = -11/60.
void check_discrete() {
  const double codes[] = {0, 1, 3, 1.5, 8};
  const int32_t labels[] = {0, 0, 0, 1, 1};
  const KnnLabels target{labels, {3, 2}};
  double mi = 1;
  mi_discrete({codes, 1, 5, 1}, {&target, 1}, {1, false, 1}, {&mi, 1});
  CHECK(std::fabs(mi + 11.0 / 60.0) < 1e-15, "%.17g", mi);
  mi_discrete({codes, 1, 5, 1}, {&target, 1}, {1, true, 1}, {&mi, 1});
  CHECK(mi == 0.0, "%.17g", mi);
}

// (0,0) (1,3) (3,1), k = 1: distances 3 2 2; just below, in x: 0 1 (3 is left out), 0 1, 3; in y: 0 1, 3, 0 1.
// psi(3) + psi(1) - (2 psi(2) + psi(1)) / 3 - (2 psi(2) + psi(1)) / 3 = 3/2 - 4/3 = 1/6.
void check_continuous() {
  const double codes[] = {0, 1, 3}, targets[] = {0, 3, 1};
  double mi = 0;
  mi_continuous({codes, 1, 3, 1}, targets, {1, false, 1}, {&mi, 1});
  CHECK(std::fabs(mi - 1.0 / 6.0) < 1e-15, "%.17g", mi);
}

// Distances from the tree are those among all pairs, for free, tied and constant columns and few and many neighbours.
void check_tree() {
  for (const int bits : {0, 2, 5, 30}) {
    for (const int32_t k : {1, 3, 20, 120}) {
      std::vector<PlanePoint> points(333);
      for (uint32_t i = 0; i < points.size(); ++i) points[i] = {number(i, 0, bits), number(i, 1, std::min(bits, 5))};
      std::vector<double> radii;
      PlaneTree(points).kth_distances(k, radii);
      for (size_t i = 0; i < points.size(); ++i) {
        std::vector<double> all;
        for (const PlanePoint& p : points) all.push_back(chebyshev(p.x, p.y, points[i].x, points[i].y));
        std::sort(all.begin(), all.end());
        CHECK(radii[i] == all[size_t(k)], "%d bits, k %d, point %zu", bits, k, i);
      }
    }
  }
}

void check_threads() {
  constexpr size_t kRows = 200, kColumns = 3, kModels = 2;
  std::vector<double> codes(kModels * kRows * kColumns), targets(kRows);
  std::vector<int32_t> of_row(kRows);
  KnnLabels labels{of_row, std::vector<int32_t>(4)};
  for (uint32_t i = 0; i < codes.size(); ++i) codes[i] = number(i, 2, 12);
  for (uint32_t i = 0; i < kRows; ++i) {
    targets[i] = number(i, 3, 30);
    of_row[i] = int32_t(4 * number(i, 4, 30));
    ++labels.counts[size_t(of_row[i])];
  }
  const auto all = [&](int threads) {
    std::vector<double> out(2 * kModels * kColumns + codes.size());
    const KnnCodes from{codes.data(), kModels, kRows, kColumns};
    const std::span<double> to(out);
    mi_discrete(from, {&labels, 1}, {3, false, threads}, to.first(kModels * kColumns));
    mi_continuous(from, targets, {3, false, threads}, to.subspan(kModels * kColumns, kModels * kColumns));
    break_ties(from, 7, 0, threads, to.last(codes.size()));
    return out;
  };
  const std::vector<double> alone = all(1);
  for (const int threads : {2, 3, 7}) {
    CHECK(std::memcmp(all(threads).data(), alone.data(), alone.size() * sizeof(double)) == 0, "%d threads", threads);
  }
}

}  // namespace

int main() {
  check_psi();
  check_radius();
  check_discrete();
  check_continuous();
  check_tree();
  check_threads();
  return synthkit::test::finish("knn");
}
