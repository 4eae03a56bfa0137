// Measures of a tree that is a stream of nodes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/listops.h"
#include "cpu/listops.h"

namespace synthkit {

// The value of a tree. Operators are met from the last to the first, when their arguments are on top of the stack, in
// order. Memory: 16 bytes a node.
using EvaluationScratch = std::vector<uint64_t>;
int evaluate_tree(std::span<const ListNode> nodes, int base, EvaluationScratch& scratch);

// Hash of the node stream as bytes, each node's low byte first (common/hash.h).
uint64_t hash_tree(std::span<const ListNode> nodes);

enum class ListFault : int { kNone, kEmpty, kOperator, kArguments, kValue, kMore, kUnfinished };

struct ListShape {
  int tokens = 0, depth = 0;
  ListFault fault = ListFault::kNone;
  size_t position = 0;  // the node at fault
};

// Tokens and depth, or why the stream is not one tree with values below `base`. `left` is scratch.
ListShape shape_of(std::span<const ListNode> nodes, int base, std::vector<uint8_t>& left);

// Throws std::invalid_argument where the stream is not one tree.
void require_tree(std::span<const ListNode> nodes, int base, std::vector<uint8_t>& left);

// Measures of trees from elsewhere, with their nodes copied. Stops at the first row that is no tree, and returns what
// is wrong with it and where.
ListFault measure_trees(const ListRows& rows, std::span<const int32_t> base, ListTrees& out, size_t& row,
                        size_t& position);

}  // namespace synthkit
