// The search for the best splits of a level, the heart of the boosted trees; see boost_loops.h.
//
// A split that sends c of a node's C rows left, whose residuals, centred on the node's mean, add up to s, lowers the
// node's squared error by s^2 C / (c (C - c)). The rows of all nodes are visited in the order of a feature; each lane
// keeps s and c for each of its nodes and picks those of the row's node by masks. Comparing s^2 > best * c (C - c)
// needs no division but where a split wins, which is rare.
#pragma once

#include "common/boost.h"
#include "cpu/boost_kernel.h"

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

// A function of its own, so that a profile tells it apart and registers are given out for it alone.
#define SK_APART static __attribute__((noinline))

namespace synthkit::SK_ISA {

// Lanes are independent, so each path takes as many at a time as its vectors hold, with the same numbers.
#if defined(__AVX512F__)
constexpr int kWidth = 8;
#elif defined(__AVX2__)
constexpr int kWidth = 4;
#else
constexpr int kWidth = 2;
#endif
typedef double Doubles __attribute__((vector_size(8 * kWidth)));
typedef int64_t Words __attribute__((vector_size(8 * kWidth)));  // also masks: all ones where true

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

SK_HD Doubles load(const double* from) {
  Doubles value;
  memcpy(&value, from, sizeof(value));
  return value;
}
SK_HD void store(double* to, Doubles value) { memcpy(to, &value, sizeof(value)); }

SK_HD Doubles all(double value) { return value - Doubles{}; }

SK_HD Words all(int64_t value) { return value - Words{}; }

SK_HD bool any(Words mask) {
#if defined(__AVX512F__)
  return _mm512_movepi64_mask((__m512i)mask) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_pd((__m256d)mask) != 0;
#elif defined(__SSE2__)
  return _mm_movemask_pd((__m128d)mask) != 0;
#else
  return (mask[0] | mask[1]) != 0;
#endif
}

SK_HD bool any_greater(Doubles a, Doubles b) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_GT_OQ) != 0;
#else
  return any(a > b);
#endif
}

// The bytes of the lanes [first, first + kWidth) in the word that holds a row's nodes.
struct NodeBytes {
  Words unit;
  explicit __attribute__((always_inline)) NodeBytes(int first) {
    for (int l = 0; l < kWidth; ++l) unit[l] = int64_t(uint64_t{1} << (8 * (first + l)));
  }
};

// For each lane, which of kNodes nodes a row belongs to.
template <int kNodes>
struct Choice {
  Words in[kNodes], bit0, bit1, bit2;

  __attribute__((always_inline)) Choice(const NodeBytes& bytes, uint64_t nodes) {
    if constexpr (kNodes > 1) {
      const Words word = all(int64_t(nodes));
      const Words own = word & (bytes.unit * int64_t{kNodes - 1});
      for (int k = 0; k < kNodes; ++k) in[k] = own == bytes.unit * int64_t{k};
      bit0 = (word & bytes.unit) != 0;
      bit1 = (word & (bytes.unit << 1)) != 0;
      bit2 = (word & (bytes.unit << 2)) != 0;
    }
  }

  __attribute__((always_inline)) Doubles pick(const Doubles (&of)[kNodes]) const {
    if constexpr (kNodes == 1) {
      return of[0];
    } else if constexpr (kNodes == 2) {
      return bit0 ? of[1] : of[0];
    } else {
      const Doubles a = bit0 ? of[1] : of[0], b = bit0 ? of[3] : of[2];
      const Doubles left = bit1 ? b : a;
      if constexpr (kNodes == 4) {
        return left;
      } else {
        const Doubles c = bit0 ? of[5] : of[4], d = bit0 ? of[7] : of[6];
        const Doubles right = bit1 ? d : c;
        return bit2 ? right : left;
      }
    }
  }

  template <typename Vector>
  __attribute__((always_inline)) void put(Vector (&to)[kNodes], Vector value) const {
    if constexpr (kNodes == 1) {
      to[0] = value;
    } else {
      for (int k = 0; k < kNodes; ++k) to[k] = in[k] ? value : to[k];
    }
  }

  template <typename Vector>
  __attribute__((always_inline)) void put_where(Words mask, Vector (&to)[kNodes], Vector value) const {
    if constexpr (kNodes == 1) {
      to[0] = mask ? value : to[0];
    } else {
      for (int k = 0; k < kNodes; ++k) to[k] = (in[k] & mask) ? value : to[k];
    }
  }
};

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
    const Choice<kNodes> other(bytes, node_of[order[j]]);
    Words same = all(int64_t{-1});
    if constexpr (kNodes > 1) {
      same = own.in[0] & other.in[0];
      for (int k = 1; k < kNodes; ++k) same |= own.in[k] & other.in[k];
    }
    wins &= ~same;
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
  for (int64_t feature = 0; open && feature < codes.features; ++feature) {
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
