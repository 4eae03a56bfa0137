// One tree for each of eight lanes, and the residuals, for one instruction set. Included by one file for each, with
// SK_ISA set to its namespace. No STL here: a template instantiated with AVX-512 could be linked into another path.
#pragma once

#include "cpu/boost_search.h"

namespace synthkit::SK_ISA {

constexpr int64_t kRouteRows = 512;  // a block of node words stays in the L1 cache

// The splits of a level's nodes. `feature` of a leaf: 0, and no code exceeds its threshold.
struct Splits {
  int64_t feature[kBoostNodes][kBoostLanes];
  float threshold[kBoostNodes][kBoostLanes];
};

// The root's mean in each lane: a sum in the order of rows.
static void start(const BoostCodes& codes, const BoostGroup& group, const BoostScratch& scratch, Nodes& nodes) {
  double sum[kBoostLanes] = {};
  for (int64_t i = 0; i < codes.n; ++i) {
    for (int l = 0; l < kBoostLanes; ++l) sum[l] += group.residuals[i * kBoostLanes + l];
  }
  for (int l = 0; l < kBoostLanes; ++l) {
    nodes.count[0][l] = double(codes.n);
    nodes.mean[0][l] = sum[l] / double(codes.n);
  }
  memset(scratch.nodes, 0, size_t(codes.rows) * sizeof(uint64_t));
}

// The code before position `place` that belongs to the same node.
static float code_before(const BoostCodes& codes, const BoostScratch& scratch, int64_t feature, int64_t place, int lane,
                         int node) {
  const uint32_t* order = codes.order + feature * codes.n;
  do --place;
  while (int((scratch.nodes[order[place]] >> (8 * lane)) & 255) != node);
  return codes.sorted[feature * codes.n + place];
}

// Makes splits of a level's best places, counts their gains, and begins the nodes of the next level.
static void split_level(const BoostCodes& codes, const BoostGroup& group, const BoostScratch& scratch, int level,
                        const Nodes& nodes, Splits& splits, Nodes& next) {
  for (int k = 0; k < 1 << level; ++k) {
    for (int l = 0; l < kBoostLanes; ++l) {
      const int64_t best = nodes.place[k][l];
      const double count = nodes.count[k][l], mean = nodes.mean[k][l];
      double left = count, left_mean = mean, right_mean = 0.0;
      splits.feature[k][l] = 0;
      splits.threshold[k][l] = __builtin_huge_valf();
      if (best >= 0) {
        const int64_t feature = best / codes.n, place = best % codes.n;
        splits.feature[k][l] = feature;
        splits.threshold[k][l] = split_between(code_before(codes, scratch, feature, place, l, k), codes.sorted[best]);
        group.importances[l * codes.features + feature] += nodes.gain[k][l] * count / double(codes.n);
        left = nodes.left_count[k][l];
        left_mean = mean + nodes.left_sum[k][l] / left;
        right_mean = mean - nodes.left_sum[k][l] / (count - left);
      }
      next.count[2 * k][l] = left;
      next.count[2 * k + 1][l] = count - left;
      next.mean[2 * k][l] = left_mean;
      next.mean[2 * k + 1][l] = right_mean;
    }
  }
}

// Moves rows [begin, begin + size) of one lane, whose nodes were doubled, from a level of kNodes nodes to the next.
template <int kNodes>
static void route_lane(const BoostCodes& codes, const Splits& splits, int lane, int64_t begin, int64_t size,
                       uint64_t* __restrict nodes) {
  const float *x0 = codes.columns + splits.feature[0][lane] * codes.rows + begin, *x1 = x0, *x2 = x0, *x3 = x0;
  if (kNodes > 1) x1 = codes.columns + splits.feature[1][lane] * codes.rows + begin;
  if (kNodes > 2) x2 = codes.columns + splits.feature[2][lane] * codes.rows + begin;
  if (kNodes > 2) x3 = codes.columns + splits.feature[3][lane] * codes.rows + begin;
  const float t0 = splits.threshold[0][lane], t1 = splits.threshold[1][lane];
  const float t2 = splits.threshold[2][lane], t3 = splits.threshold[3][lane];
  const uint64_t right = uint64_t{1} << (8 * lane);
  for (int64_t i = 0; i < size; ++i) {
    const uint64_t word = nodes[i];
    uint64_t move = x0[i] > t0 ? right : 0;
    if (kNodes > 1) {
      const uint64_t move1 = x1[i] > t1 ? right : 0;
      move = (word & (right << 1)) != 0 ? move1 : move;
    }
    if (kNodes > 2) {
      const uint64_t move2 = x2[i] > t2 ? right : 0, move3 = x3[i] > t3 ? right : 0;
      const uint64_t upper = (word & (right << 1)) != 0 ? move3 : move2;
      move = (word & (right << 2)) != 0 ? upper : move;
    }
    nodes[i] = word | move;
  }
}

template <int kNodes>
SK_APART void route(const BoostCodes& codes, const Splits& splits, const BoostScratch& scratch) {
  for (int64_t begin = 0; begin < codes.rows; begin += kRouteRows) {
    const int64_t size = codes.rows - begin < kRouteRows ? codes.rows - begin : kRouteRows;
    uint64_t* nodes = scratch.nodes + begin;
    for (int64_t i = 0; i < size; ++i) nodes[i] <<= 1;  // node k becomes 2 k, in all lanes
    for (int l = 0; l < kBoostLanes; ++l) route_lane<kNodes>(codes, splits, l, begin, size, nodes);
  }
}

// Grows one level from a level of kNodes nodes.
template <int kNodes>
static void grow(const BoostCodes& codes, const BoostGroup& group, const BoostScratch& scratch, int level, Nodes& nodes,
                 Nodes& next) {
  Splits splits = {};
  search_level<kNodes>(codes, group, scratch, nodes);
  split_level(codes, group, scratch, level, nodes, splits, next);
  route<kNodes>(codes, splits, scratch);
}

// Adds the leaves' steps to the raw predictions of all rows.
template <int kLeaves>
SK_APART void step(const BoostCodes& codes, const BoostGroup& group, const BoostScratch& scratch, const Nodes& leaves) {
  for (int first = 0; first < kBoostLanes; first += kWidth) {
    const NodeBytes bytes(first);
    Doubles curvature[kLeaves], steps[kLeaves];
    for (int k = 0; k < kLeaves; ++k) curvature[k] = all(0.0);
    for (int64_t i = 0; i < codes.n; ++i) {
      const Choice<kLeaves> choice(bytes, scratch.nodes[i]);
      const Doubles residual = load(group.residuals + i * kBoostLanes + first);
      const Doubles p = (residual > 0.0 ? all(1.0) : all(0.0)) - residual;  // the residual is y - p, y 0 or 1
      choice.put(curvature, choice.pick(curvature) + p * (1.0 - p));
    }
    for (int k = 0; k < kLeaves; ++k) {
      for (int l = 0; l < kWidth; ++l) {
        const double mean = leaves.mean[k][first + l], count = leaves.count[k][first + l];
        const double newton = newton_step(mean * count, curvature[k][l], group.scale[first + l]);
        steps[k][l] = group.learning_rate * (group.newton[first + l] ? newton : mean);
      }
    }
    for (int64_t i = 0; i < codes.rows; ++i) {
      const Choice<kLeaves> choice(bytes, scratch.nodes[i]);
      double* raw = group.raw + i * kBoostLanes + first;
      store(raw, load(raw) + choice.pick(steps));
    }
  }
}

void boost_stage(const BoostCodes& codes, const BoostGroup& group, const BoostScratch& scratch) {
  Nodes nodes, next;
  start(codes, group, scratch, nodes);
  grow<1>(codes, group, scratch, 0, nodes, next);
  if (group.depth == 1) return step<2>(codes, group, scratch, next);
  grow<2>(codes, group, scratch, 1, next, nodes);
  if (group.depth == 2) return step<4>(codes, group, scratch, nodes);
  grow<4>(codes, group, scratch, 2, nodes, next);
  step<8>(codes, group, scratch, next);
}

// The exponents of a row's lanes, none above 0.
static void exponents(const BoostFactors& all, const double* raw, double* __restrict exponent) {
  for (int64_t k = 0; k < all.count; ++k) {
    const int classes = all.factors[k].classes;
    const double* own = raw + all.factors[k].first_lane;
    double* to = exponent + all.factors[k].first_lane;
    if (classes > 2) {
      double most = own[0];
      for (int c = 1; c < classes; ++c) most = own[c] > most ? own[c] : most;
      for (int c = 0; c < classes; ++c) to[c] = own[c] - most;
    } else {
      to[0] = own[0] < 0.0 ? own[0] : -own[0];
    }
  }
}

// By what to divide each lane's term to make it a probability: the softmax, or the logistic function of either sign.
static void totals(const BoostFactors& all, const double* raw, double* __restrict terms, double* __restrict total) {
  for (int64_t k = 0; k < all.count; ++k) {
    const int64_t first = all.factors[k].first_lane;
    const int classes = all.factors[k].classes;
    if (classes > 2) {
      double sum = 0.0;
      for (int c = 0; c < classes; ++c) sum += terms[first + c];
      for (int c = 0; c < classes; ++c) total[first + c] = sum;
    } else {
      total[first] = 1.0 + terms[first];
      if (raw[first] >= 0.0) terms[first] = 1.0;
    }
  }
}

static void from_targets(const BoostFactors& all, int64_t row, const double* raw, double* residuals) {
  for (int64_t k = 0; k < all.count; ++k) {
    const int64_t first = all.factors[k].first_lane;
    const double target = all.factors[k].targets[row];
    if (all.factors[k].classes > 2) {
      residuals[first + int64_t(target)] += 1.0;
    } else if (all.factors[k].classes == 2) {
      residuals[first] += target;
    } else {
      residuals[first] = target - raw[first];
    }
  }
}

void boost_residuals(const BoostFactors& all, int64_t begin, int64_t end, double* buffer) {
  const int64_t lanes = all.groups * kBoostLanes;
  double *raw = buffer, *terms = buffer + lanes, *total = buffer + 2 * lanes;
  for (int64_t j = 0; j < 3 * lanes; ++j) buffer[j] = 1.0;  // lanes of no factor stay harmless
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t g = 0; g < all.groups; ++g) {
      memcpy(raw + g * kBoostLanes, all.raw + (g * all.rows + i) * kBoostLanes, kBoostLanes * sizeof(double));
    }
    exponents(all, raw, terms);
    for (int64_t g = 0; g < all.groups; ++g) {
      for (int l = 0; l < kBoostLanes; ++l) terms[g * kBoostLanes + l] = exp_below_one(terms[g * kBoostLanes + l]);
    }
    totals(all, raw, terms, total);
    for (int64_t g = 0; g < all.groups; ++g) {
      for (int l = 0; l < kBoostLanes; ++l) {
        const int64_t j = g * kBoostLanes + l;
        terms[j] = 0.0 - terms[j] / total[j];
      }
    }
    from_targets(all, i, raw, terms);
    for (int64_t g = 0; g < all.groups; ++g) {
      memcpy(all.residuals + (g * all.n + i) * kBoostLanes, terms + g * kBoostLanes, kBoostLanes * sizeof(double));
    }
  }
}

}  // namespace synthkit::SK_ISA
