// The first estimator of Kraskov, Stoegbauer and Grassberger: radii from a k-d tree, counts from the sorted columns.
#include <algorithm>

#include "common/knn.h"
#include "cpu/knn.h"
#include "cpu/knn_plane.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

// One task's arrays, about 56 bytes a row with the tree's nodes.
struct Scratch {
  std::vector<double> code;             // rising
  std::vector<PlanePoint> points;       // code and target
  std::vector<double> radii;            // in the order of `points`
  std::vector<int32_t> near_x, near_y;  // [m]: points with m points within their radius
};

int32_t count_within(std::span<const double> values, double x, double r) {
  const Reach found = reach_of(values.data(), static_cast<int32_t>(values.size()), x, r);
  return found.end - found.first;
}

double estimate(std::span<const double> target, const KnnOptions& options, std::span<const double> psi, Scratch& s) {
  PlaneTree(s.points).kth_distances(options.neighbours, s.radii);
  s.near_x.assign(psi.size(), 0);
  s.near_y.assign(psi.size(), 0);
  for (size_t i = 0; i < s.points.size(); ++i) {
    const double r = toward_zero(s.radii[i]);
    ++s.near_x[static_cast<size_t>(count_within(s.code, s.points[i].x, r))];
    ++s.near_y[static_cast<size_t>(count_within(target, s.points[i].y, r))];
  }
  const auto n = static_cast<double>(s.points.size());
  const double mi = mi_kraskov(psi[s.points.size()], psi[static_cast<size_t>(options.neighbours)],
                               psi_sum(s.near_x, psi) / n, psi_sum(s.near_y, psi) / n);
  return options.clip ? larger(0.0, mi) : mi;
}

}  // namespace

void mi_continuous(const KnnCodes& codes, std::span<const double> targets, const KnnOptions& options,
                   std::span<double> out) {
  const size_t rows = codes.rows, count = targets.size() / rows;
  const std::vector<double> psi = psi_table(rows);
  std::vector<double> sorted(targets.begin(), targets.end());
  parallel_for(count, options.threads, [&](size_t t) { std::sort(&sorted[t * rows], &sorted[t * rows] + rows); });
  parallel_for(codes.models * codes.columns, options.threads, [&](size_t task) {
    const size_t model = task / codes.columns, column = task % codes.columns;
    const double* code = codes.data + model * rows * codes.columns + column;
    Scratch s;
    s.points.resize(rows);
    for (size_t i = 0; i < rows; ++i) s.code.push_back(code[i * codes.columns]);
    std::sort(s.code.begin(), s.code.end());
    for (size_t t = 0; t < count; ++t) {
      for (size_t i = 0; i < rows; ++i) s.points[i] = {code[i * codes.columns], targets[t * rows + i]};
      out[(model * count + t) * codes.columns + column] = estimate({&sorted[t * rows], rows}, options, psi, s);
    }
  });
}

}  // namespace synthkit
