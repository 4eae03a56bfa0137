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

}  // namespace synthkit
