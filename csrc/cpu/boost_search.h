// The search for the best splits of a level, the heart of the boosted trees; see boost_loops.h.
//
// A split that sends c of a node's C rows left, whose residuals, centred on the node's mean, add up to s, lowers the
// node's squared error by s^2 C / (c (C - c)). The rows of all nodes are visited in the order of a feature; each lane
// keeps s and c for each of its nodes and picks those of the row's node (boost_lanes.h). Comparing
// s^2 > best * c (C - c) needs no division but where a split wins, which is rare.
#pragma once

#include "common/boost.h"
#include "cpu/boost_lanes.h"

namespace synthkit::SK_ISA {

// The nodes of a level.
struct Nodes {
  double count[kBoostNodes][kBoostLanes];
  double mean[kBoostNodes][kBoostLanes];  // of residuals
  // Of the best split:
  double gain[kBoostNodes][kBoostLanes];        // s^2 / (c (C - c))
  double left_count[kBoostNodes][kBoostLanes];  // c
  double left_sum[kBoostNodes][kBoostLanes];    // s
  int64_t place[kBoostNodes][kBoostLanes];      // feature * n + position of its first row on the right; -1: none
};

// Gain and count of a node that no split can beat: s^2 > 1e300 * c (2^40 - c) never holds.
constexpr double kClosedGain = 1e300;
constexpr double kClosedCount = 1099511627776.0;

// The best split so far of each node and lane.
template <int kNodes>
struct Best {
  Doubles total[kNodes], gain[kNodes], left_count[kNodes], left_sum[kNodes];
  Words place[kNodes];
};

// Residuals minus their node's mean, and the sums of their squares.
template <int kNodes>
static void centre(const BoostCodes& codes, const BoostGroup& group, const BoostScratch& scratch, int first,
                   const Nodes& nodes, Doubles (&square)[kNodes]) {
  const NodeBytes bytes(first);
  Doubles mean[kNodes];
  for (int k = 0; k < kNodes; ++k) {
    mean[k] = load(nodes.mean[k] + first);
    square[k] = all(0.0);
  }
  const double* from = group.residuals + first;
  double* to = scratch.centred + first;
  const uint64_t* node_of = scratch.nodes;
  for (int64_t i = 0, n = codes.n; i < n; ++i) {
    const Choice<kNodes> choice(bytes, node_of[i]);
    const Doubles centred = load(from + i * kBoostLanes) - choice.pick(mean);
    store(to + i * kBoostLanes, centred);
    choice.put(square, choice.pick(square) + centred * centred);
  }
}

// The lanes of `wins` in which the row before this one, within its node, has another code.
template <int kNodes>
static Words where_code_changes(const NodeBytes& bytes, const uint32_t* order, const float* sorted,
                                const uint64_t* node_of, int64_t i, Words wins) {
  const Choice<kNodes> own(bytes, node_of[order[i]]);
  for (int64_t j = i - 1; j >= 0 && sorted[i] <= code_limit(sorted[j]) && any(wins); --j) {
    wins &= ~own.same(Choice<kNodes>(bytes, node_of[order[j]]));
  }
  return wins;
}

// Tries all splits by one feature. Neighbours whose codes are equal must not be parted: where they are few, that is
// looked up when such a split wins; where they are many (kTied), each node's last code is kept. The result is the same.
template <int kNodes, bool kTied>
SK_APART void search_feature(const BoostCodes& codes, const BoostScratch& scratch, int first, int64_t feature,
                             Best<kNodes>& best) {
  const NodeBytes bytes(first);
  const uint32_t* order = codes.order + feature * codes.n;
  const float* sorted = codes.sorted + feature * codes.n;
  const double* centred = scratch.centred + first;
  const uint64_t* node_of = scratch.nodes;
  const int64_t start = feature * codes.n, n = codes.n;
  Doubles sum[kNodes], count[kNodes], limit[kNodes];
  Best<kNodes> own = best;
  for (int k = 0; k < kNodes; ++k) sum[k] = count[k] = limit[k] = all(0.0);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t row = int64_t(order[i]);
    const Choice<kNodes> choice(bytes, node_of[row]);
    const Doubles s = choice.pick(sum), c = choice.pick(count);
    const Doubles squared = s * s, weight = c * (choice.pick(own.total) - c);
    const Doubles to_beat = choice.pick(own.gain) * weight;
    bool won;  // never where c = 0
    if constexpr (kTied) {
      won = any((squared > to_beat) & (double(sorted[i]) > choice.pick(limit)));
    } else {
      won = any_greater(squared, to_beat);
    }
    if (__builtin_expect(won, 0)) {
      Words wins = squared > to_beat;
      if constexpr (kTied) {
        wins &= double(sorted[i]) > choice.pick(limit);
      } else {
        wins = where_code_changes<kNodes>(bytes, order, sorted, node_of, i, wins);
      }
      const Doubles gain = squared / weight;
      choice.put_where(wins, own.gain, gain + gain * kGainMargin);
      choice.put_where(wins, own.left_count, c);
      choice.put_where(wins, own.left_sum, s);
      choice.put_where(wins, own.place, all(start + i));
    }
    choice.put(sum, s + load(centred + row * kBoostLanes));
    choice.put(count, c + 1.0);
    if constexpr (kTied) choice.put(limit, all(double(code_limit(sorted[i]))));
  }
  best = own;
}

template <int kNodes>
static void search_lanes(const BoostCodes& codes, const BoostGroup& group, const BoostScratch& scratch, int first,
                         Nodes& nodes) {
  Doubles square[kNodes];
  centre<kNodes>(codes, group, scratch, first, nodes, square);
  Best<kNodes> best;
  bool open = false;
  for (int k = 0; k < kNodes; ++k) {
    const Doubles count = load(nodes.count[k] + first);
    const Words splits = square[k] > kPureVariance * count;
    open = open || any(splits);
    best.total[k] = splits ? count : all(kClosedCount);
    best.gain[k] = splits ? all(-1.0) : all(kClosedGain);  // below 0: even a split that gains nothing is taken
    best.left_count[k] = best.left_sum[k] = all(0.0);
    best.place[k] = all(int64_t{-1});
  }
  for (int64_t v = 0; open && v < codes.num_varying; ++v) {
    const int64_t feature = codes.varying[feature_in_turn(group.stage, v, codes.num_varying)];
    if (codes.ties[feature] == kFewTies) search_feature<kNodes, false>(codes, scratch, first, feature, best);
    if (codes.ties[feature] == kManyTies) search_feature<kNodes, true>(codes, scratch, first, feature, best);
  }
  for (int k = 0; k < kNodes; ++k) {
    store(nodes.gain[k] + first, best.gain[k]);
    store(nodes.left_count[k] + first, best.left_count[k]);
    store(nodes.left_sum[k] + first, best.left_sum[k]);
    memcpy(nodes.place[k] + first, &best.place[k], sizeof(Words));
  }
}

// Finds the best split of each of a level's kNodes nodes, from their counts and means.
template <int kNodes>
static void search_level(const BoostCodes& codes, const BoostGroup& group, const BoostScratch& scratch, Nodes& nodes) {
  for (int first = 0; first < kBoostLanes; first += kWidth) search_lanes<kNodes>(codes, group, scratch, first, nodes);
}

}  // namespace synthkit::SK_ISA
