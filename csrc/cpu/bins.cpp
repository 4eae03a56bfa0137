#include "cpu/bins.h"

#include <algorithm>
#include <cmath>

#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kBlock = 1024;
// Up to here counting edges one by one, which is vectorised, beats a binary search.
constexpr size_t kFewEdges = 40;

// A gap this share of the values around it parts two clusters.
constexpr double kClusterGap = 0.25;

// Rank in [first, last), nearest to centre / bins, at which the value changes - or the one with the widest gap below
// it, if that is as wide as between clusters. 0 if there is none.
size_t edge_rank(std::span<const double> sorted, size_t first, size_t last, int64_t bins, int64_t centre) {
  first = std::max<size_t>(first, 1);
  last = std::min(last, sorted.size());
  double widest_gap = 0.0;
  int64_t least_distance = 0;
  size_t widest = 0, nearest = 0;
  for (size_t r = first; r < last; ++r) {
    const double gap = sorted[r] - sorted[r - 1];
    const int64_t distance = std::abs(static_cast<int64_t>(r) * bins - centre);
    if (gap > 0.0 && (nearest == 0 || distance < least_distance)) {
      nearest = r;
      least_distance = distance;
    }
    if (gap > widest_gap) {
      widest_gap = gap;
      widest = r;
    }
  }
  const bool clusters = nearest != 0 && widest_gap >= kClusterGap * (sorted[last - 1] - sorted[first - 1]);
  return clusters ? widest : nearest;
}

// The values above the lowest, each once; stops with more than `limit`.
Edges distinct_above_first(std::span<const double> sorted, size_t limit) {
  Edges found;
  for (size_t i = 1; i < sorted.size() && found.size() <= limit; ++i) {
    if (sorted[i] != sorted[i - 1]) found.push_back(sorted[i]);
  }
  return found;
}

// Number of edges <= value, for a block of values.
void count_edges(const double* values, size_t count, const Edges& edges, uint16_t* out) {
  if (edges.size() <= kFewEdges) {
    uint16_t found[kBlock] = {};
    for (const double edge : edges) {
      for (size_t i = 0; i < count; ++i) found[i] = static_cast<uint16_t>(found[i] + (values[i] >= edge));
    }
    std::copy_n(found, count, out);
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<uint16_t>(std::upper_bound(edges.begin(), edges.end(), values[i]) - edges.begin());
  }
}

}  // namespace

Edges equal_width_edges(std::span<const double> values, int bins) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least == *most) return {};
  const double step = (*most - *least) / bins;
  Edges edges;
  for (int i = 1; i < bins; ++i) edges.push_back(i * step + *least);
  return edges;
}

Edges quantile_edges(std::span<double> values, int bins) {
  std::sort(values.begin(), values.end());
  Edges distinct = distinct_above_first(values, static_cast<size_t>(bins));
  if (distinct.size() < static_cast<size_t>(bins)) return distinct;
  const auto rows = static_cast<int64_t>(values.size());
  const auto ceil_half = [&](int64_t odd) { return static_cast<size_t>((odd * rows + 2 * bins - 1) / (2 * bins)); };
  Edges edges;
  for (int64_t j = 1; j < bins; ++j) {
    const size_t rank = edge_rank(values, ceil_half(2 * j - 1), ceil_half(2 * j + 1), bins, j * rows);
    if (rank != 0) edges.push_back(values[rank]);
  }
  return edges;
}

void cut_into_bins(const CodeBatch& codes, int bins, bool quantile, std::span<uint16_t> out, std::span<int32_t> used,
                   int threads) {
  parallel_for(codes.models * codes.columns, threads, [&](size_t task) {
    const std::vector<double> values = codes.values(task / codes.columns, task % codes.columns);
    std::vector<double> sorted;
    if (quantile) sorted = values;
    const Edges edges = quantile ? quantile_edges(sorted, bins) : equal_width_edges(values, bins);
    used[task] = static_cast<int32_t>(edges.size()) + 1;
    for (size_t first = 0; first < codes.rows; first += kBlock) {
      count_edges(values.data() + first, std::min(kBlock, codes.rows - first), edges, &out[task * codes.rows + first]);
    }
  });
}

}  // namespace synthkit
