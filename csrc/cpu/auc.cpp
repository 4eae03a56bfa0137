#include "cpu/auc.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "common/auc.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

// Share of pairs (positive, negative) in which the positive has the higher score; equal ones count half. The smaller
// group is sorted and the larger one looked up in it.
double area(const double* scores, size_t classes, std::span<const int32_t> labels, int32_t positive) {
  std::vector<double> in, out;
  for (size_t i = 0; i < labels.size(); ++i) {
    (labels[i] == positive ? in : out).push_back(scores[i * classes]);
  }
  if (in.empty() || out.empty()) return std::numeric_limits<double>::quiet_NaN();
  const bool sort_in = in.size() < out.size();
  std::vector<double>& sorted = sort_in ? in : out;
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<int64_t>(sorted.size());
  int64_t twice = 0;  // at most 2 (rows / 2)^2
  for (const double x : sort_in ? out : in) twice += twice_midrank(sorted.data(), n, x);
  const auto all = 2 * static_cast<int64_t>(in.size()) * static_cast<int64_t>(out.size());
  return static_cast<double>(sort_in ? all - twice : twice) / static_cast<double>(all);
}

}  // namespace

void roc_auc(std::span<const double> scores, std::span<const int32_t> labels, size_t classes, std::span<double> areas,
             int threads) {
  parallel_for(areas.size(), threads, [&](size_t task) {
    const double* from = scores.data() + task / classes * labels.size() * classes + task % classes;
    areas[task] = area(from, classes, labels, static_cast<int32_t>(task % classes));
  });
}

}  // namespace synthkit
