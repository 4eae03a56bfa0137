#include "cpu/bins.h"

#include <algorithm>
#include <cstdlib>

#include "common/bins.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kBlock = 1024;
// Up to here counting edges one by one, which is vectorised, beats a binary search.
constexpr size_t kFewEdges = 40;

// Rank at which edge j stands; 0 if there is none.
size_t edge_rank(std::span<const double> sorted, int64_t j, int64_t bins) {
  const auto rows = static_cast<int64_t>(sorted.size());
  const int64_t first = std::max<int64_t>(half_rank(2 * j - 1, rows, bins), 1);
  const int64_t last = std::min(half_rank(2 * j + 1, rows, bins), rows);
  const double* values = sorted.data();
  EdgeOffer offer;
  for (int64_t r = first; r < last; ++r) {
    look_at_rank(offer, r, values[r] - values[r - 1], std::abs(r * bins - j * rows));
  }
  return offer.nearest == 0 ? 0 : static_cast<size_t>(chosen_rank(offer, values[last - 1] - values[first - 1]));
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
  const double step = equal_width_step(*least, *most, bins);
  Edges edges;
  for (int i = 1; i < bins; ++i) edges.push_back(equal_width_edge(i, step, *least));
  return edges;
}

Edges quantile_edges(std::span<double> values, int bins) {
  std::sort(values.begin(), values.end());
  Edges distinct = distinct_above_first(values, static_cast<size_t>(bins));
  if (distinct.size() < static_cast<size_t>(bins)) return distinct;
  Edges edges;
  for (int64_t j = 1; j < bins; ++j) {
    const size_t rank = edge_rank(values, j, bins);
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
