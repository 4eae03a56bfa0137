// The loops over listops.h for one instruction set. Included by one file for each, with SK_ISA set to its namespace.
// No STL here: a template instantiated with AVX-512 could be linked into another path.
//
// Lanes are 64 bits wide and hold 32-bit words: the product of two words then needs no shuffling, and the four nodes of
// a block, 16 bits each, fill one lane in the order in which they are stored.
#pragma once

#include "common/listops.h"
#include "cpu/listops_kernel.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace synthkit::SK_ISA {

#if defined(__AVX512F__)
constexpr int kWidth = 8;
#elif defined(__AVX2__)
constexpr int kWidth = 4;
#else
constexpr int kWidth = 2;
#endif
typedef uint64_t Words __attribute__((vector_size(8 * kWidth)));

SK_HD Words all(uint64_t word) { return word - Words{}; }

// The product of the lower halves of each lane.
SK_HD Words multiply(Words a, Words b) {
#if defined(__AVX512F__)
  // Masked, with all lanes taken: GCC 12 warns about its own header's plain one.
  return (Words)_mm512_maskz_mul_epu32(0xff, (__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Words)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Words)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

constexpr int kTogether = 2;  // vectors of blocks in flight: a round waits for its products

// philox4x32_10 in the lower halves of lanes; nobody reads what gathers in the upper ones.
SK_HD void philox_lanes(Words c[kTogether][4], uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    for (int v = 0; v < kTogether; ++v) {
      const Words product0 = multiply(c[v][0], all(0xD2511F53u));
      const Words product1 = multiply(c[v][2], all(0xCD9E8D57u));
      c[v][0] = (product1 >> 32) ^ c[v][1] ^ all(key0);
      c[v][1] = product1;
      c[v][2] = (product0 >> 32) ^ c[v][3] ^ all(key1);
      c[v][3] = product0;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

SK_HD Words scaled_lanes(Words w, ListScale scale) { return multiply(w, all(scale.multiplier)) >> (32 + scale.shift); }

// node_of and deepest_node_of, lane by lane; w has nothing in its upper halves.
SK_HD Words node_lanes(Words w, const ListRules& rules) {
  const Words pair = scaled_lanes(w, rules.pair);
  const Words place = multiply(pair, all(rules.inverse_counts)) >> 20;
  const Words op = (all(rules.operator_list) >> (4 * place & 31)) & 7;
  const Words arguments = rules.min_arguments + pair - multiply(place, all(rules.argument_counts));
  const Words as_operator = 0x8000u | op << 8 | arguments;
  const Words as_value = scaled_lanes(w - (rules.last_operator_word + 1), rules.value);
  // The difference of two words is negative where w is the greater one.
  const Words greater = (all(rules.last_operator_word) - w) >> 63;
  const Words chosen = (greater - 1) & (rules.has_operators & 0xffffu);
  return ((as_operator & chosen) | (as_value & ~chosen)) & 0xffffu;
}

SK_HD Words deepest_lanes(Words w, const ListRules& rules) { return multiply(w, all(rules.base)) >> 32; }

// Where the i-th node of a block is in its lane.
SK_HD int shift_of(int i) { return 16 * (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? i : 3 - i); }

void draw_list_nodes(const ListStream& stream, uint32_t block, bool attempts, const ListRules& given,
                     ListNodeBatch& out) {
  const ListRules rules = given;
  Words lane;
  for (int l = 0; l < kWidth; ++l) lane[l] = uint64_t(l);
  for (int first = 0; first < kListLanes; first += kTogether * kWidth) {
    Words c[kTogether][4];
    for (int v = 0; v < kTogether; ++v, lane += kWidth) {
      c[v][0] = attempts ? all(block) : block + lane;
      c[v][1] = all(stream.index);
      c[v][2] = attempts ? stream.attempt + lane : all(stream.attempt);
      c[v][3] = all(stream.split);
    }
    philox_lanes(c, stream.key0, stream.key1);
    for (int v = 0; v < kTogether; ++v) {
      Words shallow{}, deepest{};
      for (int i = 0; i < 4; ++i) {
        const Words w = c[v][i] & 0xffffffffu;
        shallow |= node_lanes(w, rules) << shift_of(i);
        deepest |= deepest_lanes(w, rules) << shift_of(i);
      }
      memcpy(out.shallow + 4 * (first + v * kWidth), &shallow, sizeof(shallow));
      memcpy(out.deepest + 4 * (first + v * kWidth), &deepest, sizeof(deepest));
    }
  }
}

}  // namespace synthkit::SK_ISA
