// Vectors of lanes, and which node each lane of a row is in; see boost_search.h.
#pragma once

#include "common/config.h"
#include "cpu/boost_kernel.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

// A function of its own, so that a profile tells it apart and registers are given out for it alone.
#define SK_APART static __attribute__((noinline))
#define SK_INLINE __attribute__((always_inline))

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

#if defined(__AVX2__)

// The bytes of the lanes [first, first + kWidth) in the word that holds a row's nodes.
struct NodeBytes {
  Words unit;
  explicit SK_INLINE NodeBytes(int first) {
    for (int l = 0; l < kWidth; ++l) unit[l] = int64_t(uint64_t{1} << (8 * (first + l)));
  }
};

// For each lane, which of kNodes nodes a row is in. An array of vectors holds a number for each node and lane; those of
// the row's nodes are picked and put by masks, so that the arrays stay in registers.
template <int kNodes>
struct Choice {
  Words own, in[kNodes], bit0, bit1, bit2;

  SK_INLINE Choice(const NodeBytes& bytes, uint64_t nodes) {
    const Words word = all(int64_t(nodes));
    own = word & (bytes.unit * int64_t{kNodes - 1});
    for (int k = 0; k < kNodes; ++k) in[k] = own == bytes.unit * int64_t{k};
    bit0 = (word & bytes.unit) != 0;
    bit1 = (word & (bytes.unit << 1)) != 0;
    bit2 = (word & (bytes.unit << 2)) != 0;
  }

  // In which lanes the other row is in the same node.
  SK_INLINE Words same(const Choice& other) const { return own == other.own; }

  SK_INLINE Doubles pick(const Doubles (&of)[kNodes]) const {
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

  SK_INLINE void put(Doubles (&to)[kNodes], Doubles value) const {
    if constexpr (kNodes == 1) {
      to[0] = value;
    } else {
      for (int k = 0; k < kNodes; ++k) to[k] = in[k] ? value : to[k];
    }
  }

  template <typename Vector>
  SK_INLINE void put_where(Words mask, Vector (&to)[kNodes], Vector value) const {
    if constexpr (kNodes == 1) {
      to[0] = mask ? value : to[0];
    } else {
      for (int k = 0; k < kNodes; ++k) to[k] = (in[k] & mask) ? value : to[k];
    }
  }
};

#else

// The same by indices: short vectors, and SSE2 without a blend or a comparison of words, make masks dear.
struct NodeBytes {
  int shift;
  explicit SK_INLINE NodeBytes(int first) : shift(8 * first) {}
};

template <int kNodes>
struct Choice {
  size_t node0, node1;

  SK_INLINE Choice(const NodeBytes& bytes, uint64_t nodes)
      : node0((nodes >> bytes.shift) & (kNodes - 1)), node1((nodes >> (bytes.shift + 8)) & (kNodes - 1)) {}

  SK_INLINE Words same(const Choice& other) const { return Words{-(node0 == other.node0), -(node1 == other.node1)}; }

  SK_INLINE Doubles pick(const Doubles (&of)[kNodes]) const {
    if constexpr (kNodes == 1) return of[0];
    return Doubles{of[node0][0], of[node1][1]};
  }

  SK_INLINE void put(Doubles (&to)[kNodes], Doubles value) const {
    if constexpr (kNodes == 1) {
      to[0] = value;
    } else {
      to[node0][0] = value[0];
      to[node1][1] = value[1];
    }
  }

  template <typename Vector>
  SK_INLINE void put_where(Words mask, Vector (&to)[kNodes], Vector value) const {
    if (mask[0] != 0) to[node0][0] = value[0];
    if (mask[1] != 0) to[node1][1] = value[1];
  }
};

#endif

}  // namespace synthkit::SK_ISA
