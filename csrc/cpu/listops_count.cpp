#include "cpu/listops_count.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace synthkit {

namespace {

using Counts = std::vector<uint64_t>;  // [L]: of L tokens

// Sums and products that stop at kManyTrees; a, b <= kManyTrees.
uint64_t plus(uint64_t a, uint64_t b) { return a >= kManyTrees - b ? kManyTrees : a + b; }

uint64_t times(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kManyTrees : std::min(product, kManyTrees);
}

uint64_t power(uint64_t base, int exponent) {
  uint64_t result = 1;
  for (int i = 0; i < exponent && result != kManyTrees && base > 1; ++i) result = times(result, base);
  return result;
}

// The most operators of a tree of this depth, at most `enough`, with `extra` arguments beyond min_args an operator that
// hold an operator.
int most_operators(TreeShape shape, int depth, int extra, int enough) {
  int level = 1, total = 1;
  for (int j = 1; j < depth && total < enough; ++j) {
    const int more = std::min(extra, level * (shape.max_args - shape.min_args));
    extra -= more;
    level = std::min(level * shape.min_args + more, enough);
    total += level;
  }
  return std::min(total, enough);
}

// Calls visit(n, least, most) for each number n of operators: a tree of exactly this depth has any length from least
// to most, least <= limit.
template <typename Visit>
void each_operator_count(TreeShape shape, int depth, int limit, Visit&& visit) {
  if (depth == 0) {
    if (limit >= 1) visit(0, 1, 1);
    return;
  }
  const int enough = (limit - 1) / (shape.min_args + 1);  // with more operators all trees are longer
  int extra = 0, most = most_operators(shape, depth, 0, enough);
  for (int n = depth; n <= enough; ++n) {
    while (most < n) {
      const int more = most_operators(shape, depth, ++extra, enough);
      if (more == most) return;  // all levels are full
      most = more;
    }
    const int least = 1 + n + n * shape.min_args + extra;
    if (least > limit) return;
    visit(n, least, 1 + n + n * shape.max_args);
  }
}

// The trees that a level adds: `forests[k]` with two tokens more, once for each operator.
Counts parents(const std::vector<Counts>& forests, TreeShape shape, uint64_t operators, int limit) {
  Counts trees(size_t(limit + 1), 0);
  for (int k = shape.min_args; k <= shape.max_args; ++k) {
    const Counts& forest = forests[size_t(k - 1)];
    for (int n = 0; n + 2 <= limit; ++n) trees[size_t(n + 2)] = plus(trees[size_t(n + 2)], forest[size_t(n)]);
  }
  for (uint64_t& count : trees) count = times(count, operators);
  return trees;
}

void add_product(const Counts& a, const Counts& b, Counts& sum) {
  for (size_t l = 0; l < a.size(); ++l) {
    if (a[l] == 0) continue;
    for (size_t n = 0; l + n < sum.size(); ++n) {
      if (b[n] != 0) sum[l + n] = plus(sum[l + n], times(a[l], b[n]));
    }
  }
}

// Trees by depth with the recurrences of listops_tables.h, one level at a time.
class Counter {
 public:
  Counter(TreeShape shape, int operators, int base, int limit)
      : shape_(shape), operators_(uint64_t(operators)), base_(uint64_t(base)), limit_(limit) {
    shorter_.assign(size_t(limit + 1), 0);
    Counts value(size_t(limit + 1), 0);
    value[1] = base_;
    any_.push_back(value);
    exact_.push_back(std::move(value));
  }

  // Trees of exactly the depth so far.
  const Counts& exact() const { return exact_[0]; }

  void deepen() {
    for (int k = 2; k <= shape_.max_args; ++k) {
      Counts any(size_t(limit_ + 1), 0), exact(size_t(limit_ + 1), 0);
      add_product(any_[0], any_.back(), any);
      add_product(exact_[0], any_.back(), exact);
      add_product(shorter_, exact_.back(), exact);
      any_.push_back(std::move(any));
      exact_.push_back(std::move(exact));
    }
    Counts deeper = parents(any_, shape_, operators_, limit_), reaching = parents(exact_, shape_, operators_, limit_);
    deeper[1] = base_;
    shorter_ = std::move(any_[0]);
    any_.assign(1, std::move(deeper));
    exact_.assign(1, std::move(reaching));
  }

 private:
  TreeShape shape_;
  uint64_t operators_, base_;
  int limit_;
  Counts shorter_;                   // trees that end above the depth so far
  std::vector<Counts> any_, exact_;  // forests of 1, 2, ... trees
};

}  // namespace

void tree_lengths(TreeShape shape, int depth, std::span<uint8_t> found) {
  std::fill(found.begin(), found.end(), uint8_t{0});
  const int limit = int(found.size()) - 1;
  each_operator_count(shape, depth, limit, [&](int, int least, int most) {
    for (int length = least; length <= std::min(most, limit); ++length) found[size_t(length)] = 1;
  });
}

uint64_t count_trees(TreeShape shape, int operators, int base, const TreeRanges& ranges) {
  // One shape alone often has more trees than can be counted: each place of it can hold any operator or value.
  int longest = 0, deepest = -1;
  bool many = false;
  const int last = std::min(ranges.max_depth, (ranges.max_tokens - 1) / (shape.min_args + 1));
  const auto hopeless = [&] { return operators == 1 && base == 1 && longest > kLongestCounted; };
  for (int depth = ranges.min_depth; depth <= last && !many && !hopeless(); ++depth) {
    each_operator_count(shape, depth, ranges.max_tokens, [&](int n, int least, int most) {
      const int length = std::min(most, ranges.max_tokens);
      if (length < std::max(least, ranges.min_tokens)) return;
      longest = std::max(longest, length);
      deepest = depth;
      many = many || times(power(uint64_t(base), length - 2 * n), power(uint64_t(operators), n)) == kManyTrees;
    });
  }
  if (many) return kManyTrees;
  if (longest > kLongestCounted) throw std::length_error("trees too long to count");
  uint64_t total = 0;
  Counter counter(shape, operators, base, std::max(longest, 1));
  for (int depth = 0; depth <= deepest && total != kManyTrees; ++depth) {
    if (depth > 0) counter.deepen();
    if (depth < ranges.min_depth) continue;
    for (int length = ranges.min_tokens; length <= longest; ++length) {
      total = plus(total, counter.exact()[size_t(length)]);
    }
  }
  return total;
}

}  // namespace synthkit
