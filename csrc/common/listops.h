// ListOps trees (Nangia and Bowman 2018) as streams of nodes in prefix order: an operator knows how many arguments
// follow it, so that no closing bracket is stored and no recursion is needed to walk a tree.
#pragma once

#include "common/config.h"
#include "common/philox.h"

namespace synthkit {

using ListNode = uint16_t;  // a leaf is its value, 0 to 255; an operator is 0x8000 + 256 * operator + arguments

enum ListOperator : int { kListMin, kListMax, kListMed, kListSm, kListFirst, kListLast, kListPm, kListOperators };

constexpr int kListMaxArguments = 255;
constexpr int kListMaxBase = 256;

SK_HD bool is_operator(ListNode node) { return (node & 0x8000u) != 0; }
SK_HD int operator_of(ListNode node) { return (node >> 8) & 7; }
SK_HD int arguments_of(ListNode node) { return node & 0xff; }
SK_HD ListNode operator_node(int op, int arguments) {
  return ListNode(0x8000u | unsigned(op) << 8 | unsigned(arguments));
}

// Length in tokens as the reference counts it: 1 for a value, 2 for an operator (its name and its closing bracket).
SK_HD int tokens_of(ListNode node) { return is_operator(node) ? 2 : 1; }

// Which random words a tree is drawn from: one stream a key, split, index and attempt. Word k of it is word k % 4 of
// the Philox block with the counter (k / 4, index, attempt, split).
struct ListStream {
  uint32_t key0, key1, index, attempt, split;
};

SK_HD PhiloxBlock list_block(ListStream s, uint32_t block) {
  return philox4x32_10(PhiloxBlock{block, s.index, s.attempt, s.split}, s.key0, s.key1);
}

// A draw x from [0, range) turned into one of n results: x * n / range rounded down, by one multiplication.
// 2^(32 + shift), shift <= 31, is the largest power of two P with multiplier = floor(n P / range) < 2^32; the
// multiplier has at least 31 bits, and no result is out of range, as x * multiplier <= x n P / range < n P. (With range
// <= n there is no such power; shift 0 and multiplier 2^32 - 1 then give max(x - 1, 0) < n.)
struct ListScale {
  uint32_t multiplier;
  uint32_t shift;
};

SK_HD uint32_t scaled(uint32_t x, ListScale scale) {
  return uint32_t((uint64_t{x} * scale.multiplier) >> 32) >> scale.shift;
}

// How one word w becomes a node. With T = operator_probability * 2^32: an operator where w < T, which is number
// floor(w n / T) of the n pairs (operator, arguments), the operator changing slowest; else the value
// floor((w - T) base / (2^32 - T)). At the deepest level it is the value floor(w base / 2^32). With `scaled`, each of
// these results has a probability within 3 / 2^32 of the exact one (where T and 2^32 - T are 0 or above n and base).
struct ListRules {
  uint32_t last_operator_word;  // T - 1
  uint32_t has_operators;       // all bits set if T > 0, else 0
  ListScale pair;               // [0, T) to the pairs
  ListScale value;              // [0, 2^32 - T) to the values
  uint32_t operator_list;       // the operators allowed, four bits each
  uint32_t min_arguments;
  uint32_t argument_counts;  // how many different numbers of arguments
  uint32_t inverse_counts;   // ceil(2^20 / argument_counts)
  uint32_t base;
};

// The number of the operator among those allowed; exact, as pair < 2^11 and argument_counts < 2^8.
SK_HD uint32_t operator_place(uint32_t pair, const ListRules& rules) { return (pair * rules.inverse_counts) >> 20; }

SK_HD ListNode node_of(uint32_t w, const ListRules& rules) {
  const uint32_t pair = scaled(w, rules.pair);
  const uint32_t place = operator_place(pair, rules);
  const uint32_t op = (rules.operator_list >> (4 * place & 31)) & 7;
  const uint32_t arguments = rules.min_arguments + pair - place * rules.argument_counts;
  const uint32_t as_operator = 0x8000u | op << 8 | arguments;
  const uint32_t as_value = scaled(w - (rules.last_operator_word + 1), rules.value);
  const uint32_t chosen = w <= rules.last_operator_word ? rules.has_operators : 0;
  return ListNode((as_operator & chosen) | (as_value & ~chosen));
}

SK_HD ListNode deepest_node_of(uint32_t w, const ListRules& rules) {
  return ListNode((uint64_t{w} * rules.base) >> 32);
}

// The k-th smallest (from 0) of n values below 2^bits: the largest number that at most k of them are smaller than,
// found bit by bit. No branch depends on the values.
SK_HD int kth_smallest(const uint8_t* values, int n, int k, int bits) {
  int found = 0;
  for (int bit = bits - 1; bit >= 0; --bit) {
    const int candidate = found | 1 << bit;
    int smaller = 0;
    for (int i = 0; i < n; ++i) smaller += values[i] < candidate ? 1 : 0;
    found = smaller <= k ? candidate : found;
  }
  return found;
}

SK_HD int bits_of(int base) { return 32 - __builtin_clz(unsigned(base - 1) | 1u); }

// int(np.median): of an even number of values the mean of the middle two, without its fraction.
SK_HD int list_median(const uint8_t* values, int n, int base) {
  const int bits = bits_of(base);
  const int upper = kth_smallest(values, n, n / 2, bits);
  return n % 2 == 1 ? upper : (kth_smallest(values, n, n / 2 - 1, bits) + upper) / 2;
}

SK_HD int list_sum(const uint8_t* values, int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += values[i];
  return sum;
}

SK_HD int list_product(const uint8_t* values, int n, int base) {
  uint64_t product = 1;
  for (int i = 0; i < n; ++i) {
    product *= values[i];
    if (i % 6 == 5) product %= unsigned(base);  // 2^8 times seven factors below 2^8 stays below 2^64
  }
  return int(product % unsigned(base));
}

// The value of an operator on n >= 1 values, each in [0, base), 2 <= base <= 256.
SK_HD int list_apply(int op, const uint8_t* values, int n, int base) {
  int best = values[0];
  switch (op) {
    case kListMin:
      for (int i = 1; i < n; ++i) best = values[i] < best ? values[i] : best;
      return best;
    case kListMax:
      for (int i = 1; i < n; ++i) best = values[i] > best ? values[i] : best;
      return best;
    case kListMed:
      return list_median(values, n, base);
    case kListSm:
      return int(unsigned(list_sum(values, n)) % unsigned(base));
    case kListFirst:
      return best;
    case kListLast:
      return values[n - 1];
    default:
      return list_product(values, n, base);
  }
}

}  // namespace synthkit
