// Where one bin ends and the next begins.
#pragma once

#include "common/config.h"

namespace synthkit {

// Equal steps between the least and the greatest value; edge i of 1 to bins - 1.
SK_HD double equal_width_step(double least, double most, int bins) { return (most - least) / bins; }
SK_HD double equal_width_edge(int i, double step, double least) { return i * step + least; }

// Quantile edge j of 1 to bins - 1 stands at one of the ranks within half a bin of j rows / bins: those from
// half_rank(2 j - 1) to before half_rank(2 j + 1).
SK_HD int64_t half_rank(int64_t odd, int64_t rows, int64_t bins) { return (odd * rows + 2 * bins - 1) / (2 * bins); }

// A gap this share of the values around it parts two clusters.
constexpr double kClusterGap = 0.25;

// What ranks have to offer. Equal offers go to the lower rank, so that any order of looking finds the same.
struct EdgeOffer {
  double widest_gap = 0.0;
  int64_t least_distance = 0;
  int64_t widest = 0, nearest = 0;  // ranks; 0 for none
};

// Ranks must come in ascending order. `gap` is between the values at the rank and below it, `distance` how far the rank
// is from where the edge would ideally be.
SK_HD void look_at_rank(EdgeOffer& offer, int64_t rank, double gap, int64_t distance) {
  if (gap > 0.0 && (offer.nearest == 0 || distance < offer.least_distance)) {
    offer.nearest = rank;
    offer.least_distance = distance;
  }
  if (gap > offer.widest_gap) {
    offer.widest_gap = gap;
    offer.widest = rank;
  }
}

// The better of what two sets of ranks offer.
SK_HD EdgeOffer better_offer(const EdgeOffer& a, const EdgeOffer& b) {
  EdgeOffer best = a;
  if (b.nearest != 0 && (a.nearest == 0 || b.least_distance < a.least_distance ||
                         (b.least_distance == a.least_distance && b.nearest < a.nearest))) {
    best.nearest = b.nearest;
    best.least_distance = b.least_distance;
  }
  if (b.widest_gap > a.widest_gap || (b.widest_gap == a.widest_gap && b.widest != 0 && b.widest < a.widest)) {
    best.widest_gap = b.widest_gap;
    best.widest = b.widest;
  }
  return best;
}

// The rank, nearest to the ideal one, at which the value changes - or the one with the widest gap below it, if that is
// as wide as between clusters. `range` is that of the values at all ranks looked at and at the one below. 0 for none.
SK_HD int64_t chosen_rank(const EdgeOffer& offer, double range) {
  const bool clusters = offer.nearest != 0 && offer.widest_gap >= kClusterGap * range;
  return clusters ? offer.widest : offer.nearest;
}

// Edges that are no greater than the value, by bisection.
SK_HD int32_t edges_up_to(const double* edges, int32_t count, double value) {
  int32_t low = 0, high = count;
  while (low < high) {
    const int32_t middle = (low + high) / 2;
    if (value < edges[middle]) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace synthkit
