// Which ListOps trees exist, and how many.
#pragma once

#include <cstdint>
#include <span>

namespace synthkit {

struct TreeShape {
  int min_args, max_args;  // 1 to 255
};

// Both ends included; 0 <= min_depth, 1 <= min_tokens, max_tokens <= 1,000,000.
struct TreeRanges {
  int min_depth, max_depth, min_tokens, max_tokens;
};

// found[L] = 1 for L tokens, L < found.size(), if a tree of exactly this depth has them, else 0.
//
// Each of n operators adds its arguments and 1 to the 1 token of a single value: with S arguments together the tree has
// 1 + n + S tokens. A tree with S < n max_args can be given one more argument, a value, without a change of n and
// depth, so that n operators have all S from a least one to n max_args. Of level j + 1's operators, those beyond
// min_args times the operators of level j each need an argument more than S = n min_args has. The fewest such extra
// arguments let the upper levels grow first: an operator there makes room for the most below.
void tree_lengths(TreeShape shape, int depth, std::span<uint8_t> found);

constexpr uint64_t kManyTrees = uint64_t{1} << 63;
constexpr int kLongestCounted = 4096;

// How many different trees there are with `operators` operators to choose from and values below `base`; kManyTrees for
// that many or more. Different trees are different strings. Throws std::length_error where trees of more than
// kLongestCounted tokens would have to be counted, that is, where not one shape alone has kManyTrees trees.
uint64_t count_trees(TreeShape shape, int operators, int base, const TreeRanges& ranges);

}  // namespace synthkit
