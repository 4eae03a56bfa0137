// Deviations of codes within groups of rows, and statistics of small samples of rows.
#pragma once

#include <cstdint>
#include <span>

#include "cpu/bins.h"

namespace synthkit {

// Rows in the order of their group: group g holds order[starts[g]] .. order[starts[g + 1] - 1].
struct RowGroups {
  std::span<const int32_t> order, starts;
};

// For each model and column, [models, columns]: the largest distance from the column's mean. For each grouping k,
// [models, groupings, columns]: the `quantile` (linear between neighbours) of the distance from the group's mean,
// averaged over the groups that hold any row.
void group_deviations(const CodeBatch& codes, std::span<const RowGroups> groupings, double quantile,
                      std::span<double> largest, std::span<double> within, int threads);

// rows [points, batch] -> for each model, point and column the variance (divisor batch - 1) of those rows,
// [models, points, columns].
void sample_variances(const CodeBatch& codes, std::span<const int32_t> rows, size_t batch, std::span<double> out,
                      int threads);

// first, second [points, batch] -> the mean over the batch of |code of first - code of second|,
// [models, points, columns].
void pair_distances(const CodeBatch& codes, std::span<const int32_t> first, std::span<const int32_t> second,
                    size_t batch, std::span<double> out, int threads);

}  // namespace synthkit
