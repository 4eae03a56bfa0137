// Trees of the ListOps process drawn exactly from its distribution given depth and length, by dynamic programming.
//
// The process: a node at operator level k < max_depth (the root's is 0) is an operator with probability p, else a
// value; a node at level max_depth is a value. An operator has a number of arguments uniform in [min_args, max_args].
//
// With q = p / (max_args - min_args + 1), and r levels left below a node until the tree's depth d is reached:
//   any[k]_r(L)    weight of k trees side by side, all of depth <= r, with L tokens together;
//   exact[k]_r(L)  the same with one or more of depth r.
//   any[1]_r = (1 - p) at L = 1, plus q sum_k any[k]_{r-1}(L - 2)
//   exact[1]_r = q sum_k exact[k]_{r-1}(L - 2)
//   any[k]_r = any[1]_r * any[k-1]_r
//   exact[k]_r = exact[1]_r * any[k-1]_r + any[1]_{r-1} * exact[k-1]_r   (* a convolution)
// with any[1]_0 = exact[1]_0 = the weight of a value at level d, which is 1 - p for d < max_depth and 1 for
// d = max_depth: two families of tables. What does not reach level d has the weights of the first family in both.
// No term is negative and nothing is subtracted, so that each weight has a relative error of some 1e-13.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/listops.h"
#include "cpu/weight_rows.h"

namespace synthkit {

constexpr int kMaxTreeArguments = 64;

struct TreeSettings {
  int min_args, max_args;       // 1 to kMaxTreeArguments
  double operator_probability;  // 0, or 1e-30 to 1
  int max_depth;                // 0 to 512
  int max_tokens;               // 1 to 4096: the longest trees that can be drawn
};

// The pairs (depth, tokens) of a window with their summed weights; for TreeTables::draw.
struct TreeWindow {
  int min_depth = 0, max_depth = -1, min_tokens = 1, max_tokens = 0;  // no pair outside of the tables
  std::vector<double> sums;  // running sums, tokens within depth, relative to the largest weight's scale

  bool empty() const { return sums.empty() || sums.back() == 0.0; }
};

// What the nodes of a tree are drawn from.
struct TreeAlphabet {
  uint8_t operators[kListOperators];
  uint32_t count;  // of operators
  uint32_t base;

  TreeAlphabet(int mask, int value_base);
};

class TreeTables {
 public:
  // About the memory that the tables of these settings take, in bytes.
  static double bytes(const TreeSettings& settings);

  explicit TreeTables(const TreeSettings& settings);

  const TreeSettings& settings() const { return settings_; }

  // The probability that the process draws a tree of this depth and length; 0 outside of the tables.
  Weight weight(int depth, int tokens) const;

  TreeWindow window(int min_depth, int max_depth, int min_tokens, int max_tokens) const;

  // Writes the tree of the stream, in prefix order; false where the window is empty. The words of the stream in order:
  // two for (depth, tokens); then, in prefix order of the nodes, for an operator two for its number of arguments and
  // one for itself, one for a value, and before that two for the node's length, unless it is a last argument or no
  // more tokens are left than arguments. Two words make a uniform number: the upper 53 of their 64 bits.
  bool draw(const ListStream& stream, const TreeWindow& window, const TreeAlphabet& alphabet,
            std::vector<ListNode>& out) const;

  // Forests of 1, 2, ... trees: element k - 1.
  struct Level {
    std::vector<WeightRow> any, exact;
  };
  // Levels 0, 1, ...; at level r >= 1 a tree that stays below r is in level r - 1 of the first family.
  using Family = std::vector<Level>;

  const Family& inner() const { return inner_; }
  const Family& full() const { return full_; }

 private:
  Family build(double bottom, int last) const;
  void add_forests(const WeightRow* shorter, Level& level) const;

  TreeSettings settings_;
  double leaf_, choice_;  // 1 - p, q
  Family inner_, full_;   // trees that stay above max_depth; trees that reach it
};

// One tree of a batch.
struct TreeRow {
  int operators, base;  // bit mask, 1 to 256
  int min_depth, max_depth, min_tokens, max_tokens;
  uint32_t index, attempt;
};

// Writes all trees, one after the other, and offsets [rows + 1]. Returns the first row whose window is empty (the trees
// are then not complete), -1 if there is none. While it runs, nodes take twice their memory.
int64_t draw_from_tables(const TreeTables& tables, std::span<const TreeRow> rows, uint64_t key, uint32_t split,
                         std::vector<ListNode>& nodes, std::span<int64_t> offsets, int threads);

}  // namespace synthkit
