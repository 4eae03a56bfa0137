#include "cpu/deviations.h"

#include <algorithm>
#include <vector>

#include "common/deviations.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kPointsPerTask = 256;

double mean_of(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / double(values.size());
}

// Reorders the values.
double quantile_of(std::span<double> values, double quantile) {
  const QuantilePlace place = quantile_place(quantile, static_cast<int64_t>(values.size()));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(place.below);
  std::nth_element(values.begin(), at, values.end());
  if (at + 1 == values.end()) return *at;
  return between(*at, *std::min_element(at + 1, values.end()), place.share);
}

double mean_deviation(const std::vector<double>& column, const RowGroups& groups, double quantile,
                      std::vector<double>& scratch) {
  double sum = 0.0;
  size_t held = 0;
  for (size_t g = 0; g + 1 < groups.starts.size(); ++g) {
    const auto first = static_cast<size_t>(groups.starts[g]), last = static_cast<size_t>(groups.starts[g + 1]);
    if (first == last) continue;
    scratch.clear();
    for (size_t i = first; i < last; ++i) scratch.push_back(column[static_cast<size_t>(groups.order[i])]);
    const double mean = mean_of(scratch);
    for (double& value : scratch) value = deviation(value, mean);
    sum += quantile_of(scratch, quantile);
    ++held;
  }
  return sum / double(held);
}

// Calls point(model, p) for all models and points, some points to a task.
template <typename Point>
void for_points(const CodeBatch& codes, size_t points, int threads, Point&& point) {
  const size_t pieces = (points + kPointsPerTask - 1) / kPointsPerTask;
  parallel_for(codes.models * pieces, threads, [&](size_t task) {
    const size_t model = task / pieces, first = task % pieces * kPointsPerTask;
    for (size_t p = first; p < std::min(first + kPointsPerTask, points); ++p) point(model, p);
  });
}

}  // namespace

void group_deviations(const CodeBatch& codes, std::span<const RowGroups> groupings, double quantile,
                      std::span<double> largest, std::span<double> within, int threads) {
  parallel_for(codes.models * codes.columns, threads, [&](size_t task) {
    const size_t model = task / codes.columns, column = task % codes.columns;
    const std::vector<double> values = codes.values(model, column);
    const double mean = mean_of(values);
    double most = 0.0;
    for (const double value : values) most = std::max(most, deviation(value, mean));
    largest[task] = most;
    std::vector<double> scratch;
    scratch.reserve(codes.rows);
    for (size_t k = 0; k < groupings.size(); ++k) {
      within[(model * groupings.size() + k) * codes.columns + column] =
          mean_deviation(values, groupings[k], quantile, scratch);
    }
  });
}

void sample_variances(const CodeBatch& codes, std::span<const int32_t> rows, size_t batch, std::span<double> out,
                      int threads) {
  const size_t columns = codes.columns, points = rows.size() / batch;
  for_points(codes, points, threads, [&](size_t model, size_t p) {
    const double* base = codes.column(model, 0);
    double* target = &out[(model * points + p) * columns];
    std::vector<double> mean(columns);
    std::fill_n(target, columns, 0.0);
    for (size_t i = 0; i < batch; ++i) {
      const double* row = base + static_cast<size_t>(rows[p * batch + i]) * columns;
      for (size_t d = 0; d < columns; ++d) mean[d] += row[d];
    }
    for (double& value : mean) value /= double(batch);
    for (size_t i = 0; i < batch; ++i) {
      const double* row = base + static_cast<size_t>(rows[p * batch + i]) * columns;
      for (size_t d = 0; d < columns; ++d) target[d] += squared_deviation(row[d], mean[d]);
    }
    for (size_t d = 0; d < columns; ++d) target[d] /= double(batch - 1);
  });
}

void pair_distances(const CodeBatch& codes, std::span<const int32_t> first, std::span<const int32_t> second,
                    size_t batch, std::span<double> out, int threads) {
  const size_t columns = codes.columns, points = first.size() / batch;
  for_points(codes, points, threads, [&](size_t model, size_t p) {
    const double* base = codes.column(model, 0);
    double* target = &out[(model * points + p) * columns];
    std::fill_n(target, columns, 0.0);
    for (size_t i = p * batch; i < (p + 1) * batch; ++i) {
      const double* a = base + static_cast<size_t>(first[i]) * columns;
      const double* b = base + static_cast<size_t>(second[i]) * columns;
      for (size_t d = 0; d < columns; ++d) target[d] += deviation(a[d], b[d]);
    }
    for (size_t d = 0; d < columns; ++d) target[d] /= double(batch);
  });
}

}  // namespace synthkit
