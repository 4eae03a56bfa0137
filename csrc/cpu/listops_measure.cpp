#include "cpu/listops_measure.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "common/hash.h"
#include "cpu/listops_mask.h"
#include "cpu/listops_small.h"

namespace synthkit {

namespace {

// Any operators: a node at a time.
int evaluate_any(std::span<const ListNode> nodes, int base, EvaluationScratch& scratch) {
  if (scratch.size() < nodes.size() / 8 + 1) scratch.resize(nodes.size() / 8 + 1);
  uint8_t* top = reinterpret_cast<uint8_t*>(scratch.data()) + nodes.size();
  for (size_t i = nodes.size(); i-- > 0;) {
    const ListNode node = nodes[i];
    if (is_operator(node)) {
      const int arguments = arguments_of(node);
      const int value = list_apply(operator_of(node), top, arguments, base);
      top += arguments - 1;
      *top = static_cast<uint8_t>(value);
    } else {
      *--top = static_cast<uint8_t>(node);
    }
  }
  return *top;
}

typedef uint64_t Pair __attribute__((vector_size(16), aligned(8), may_alias));

constexpr size_t kRun = 8;  // stack entries written at once, also beyond a run

// The values of a histogram of PM's arguments, which is the only operator that needs them one by one.
int small_product(uint64_t histogram, int base) {
  uint8_t values[kSmallArguments];
  int n = 0;
  for (unsigned v = 0; v < unsigned(kSmallBase); ++v) {
    for (uint64_t left = histogram >> 4 * v & 15; left > 0; --left) values[n++] = static_cast<uint8_t>(v);
  }
  return list_product(values, n, base);
}

// Small operators, by histograms. Each entry of the stack, which grows down, is the histogram of all values from it to
// the bottom, modulo 2^64: the difference of two entries is exact where there are few values between them.
int evaluate_small(std::span<const ListNode> nodes, int base, EvaluationScratch& scratch) {
  const SmallOperators operators(base);
  const size_t size = nodes.size();
  if (scratch.size() < 2 * (size + kRun + 1)) scratch.resize(2 * (size + kRun + 1));
  // The same sums over the nodes as they stand; what an operator adds is in both of two entries or in none.
  uint64_t* from_node = scratch.data() + kRun;
  from_node[size] = 0;
  uint64_t ones[16], running = 0;
  for (unsigned v = 0; v < 16; ++v) ones[v] = SmallOperators::one(v);
  for (size_t i = size; i-- > 0;) from_node[i] = running += ones[nodes[i] & 15u];
  uint64_t* top = scratch.data() + 2 * (size + kRun) + 1;
  uint64_t sum = 0;  // *top
  *top = sum;
  size_t end = size;  // nodes from here on are done
  for (size_t word = (size + 63) / 64; word-- > 0;) {
    const size_t first = 64 * word;
    uint64_t left = first + 64 <= size ? operators_of(nodes.data() + first) : operators_of(nodes.subspan(first));
    uint8_t bits[64];  // in order; to find the last one first is slower
    int count = 0;
    for (; left != 0; left &= left - 1) bits[count++] = static_cast<uint8_t>(__builtin_ctzll(left));
    while (count > 0) {
      const size_t at = first + bits[--count];
      const uint64_t offset = sum - from_node[end];
      const uint64_t* from = from_node + end;
      uint64_t* to = top;
      top -= end - at - 1;
      do {
        from -= kRun;
        to -= kRun;
        for (size_t i = 0; i < kRun; i += 2) {
          *reinterpret_cast<Pair*>(to + i) = *reinterpret_cast<const Pair*>(from + i) + offset;
        }
      } while (to > top);
      sum = from_node[at + 1] + offset;
      const auto arguments = static_cast<size_t>(arguments_of(nodes[at]));
      const int op = operator_of(nodes[at]);
      const uint64_t below = top[arguments];
      uint64_t histogram, first_one, last_one;
      if (end - at > arguments) {
        // All arguments are values at hand: nothing waits for the operators before, which is worth a branch.
        histogram = from_node[at + 1] - from_node[at + 1 + arguments];
        first_one = from_node[at + 1] - from_node[at + 2];
        last_one = from_node[at + arguments] - from_node[at + arguments + 1];
      } else {
        histogram = sum - below;
        first_one = sum - top[1];
        last_one = top[arguments - 1] - below;
      }
      const uint32_t value =
          op == kListPm ? static_cast<uint32_t>(small_product(histogram, base))
                        : operators.apply(op, histogram, static_cast<int>(arguments),
                                          SmallOperators::value_of(first_one), SmallOperators::value_of(last_one));
      top += arguments - 1;
      sum = below + SmallOperators::one(value);
      *top = sum;
      end = at;
    }
  }
  return end == 0 ? static_cast<int>(SmallOperators::value_of(sum)) : nodes[0];
}

}  // namespace

int evaluate_tree(std::span<const ListNode> nodes, int base, EvaluationScratch& scratch) {
  ListNode most = 0x8000;  // of the arguments of any operator
  for (const ListNode node : nodes) most = std::max<ListNode>(most, node & 0x80ff);
  const bool small = arguments_of(most) <= kSmallArguments && base <= kSmallBase;
  return small ? evaluate_small(nodes, base, scratch) : evaluate_any(nodes, base, scratch);
}

uint64_t hash_tree(std::span<const ListNode> nodes) {
  if constexpr (std::endian::native == std::endian::little) {
    return hash_bytes(reinterpret_cast<const uint8_t*>(nodes.data()), 2 * nodes.size());
  } else {
    std::vector<uint8_t> bytes;
    for (const ListNode node : nodes) {
      bytes.push_back(static_cast<uint8_t>(node));
      bytes.push_back(static_cast<uint8_t>(node >> 8));
    }
    return hash_bytes(bytes.data(), bytes.size());
  }
}

ListShape shape_of(std::span<const ListNode> nodes, int base, std::vector<uint8_t>& left) {
  ListShape shape;
  if (nodes.empty()) return {0, 0, ListFault::kEmpty, 0};
  if (left.size() < nodes.size() + 1) left.resize(nodes.size() + 1);
  int level = 0;
  left[0] = 1;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (left[static_cast<size_t>(level)] == 0) return {0, 0, ListFault::kMore, i};
    const ListNode node = nodes[i];
    shape.tokens += tokens_of(node);
    --left[static_cast<size_t>(level)];
    if (is_operator(node)) {
      if ((node & 0x7800u) != 0 || operator_of(node) >= kListOperators) return {0, 0, ListFault::kOperator, i};
      if (arguments_of(node) == 0) return {0, 0, ListFault::kArguments, i};
      ++level;
      left[static_cast<size_t>(level)] = static_cast<uint8_t>(arguments_of(node));
      shape.depth = std::max(shape.depth, level);
    } else {
      if (node >= base) return {0, 0, ListFault::kValue, i};
      while (level > 0 && left[static_cast<size_t>(level)] == 0) --level;
    }
  }
  if (level > 0 || left[0] != 0) return {0, 0, ListFault::kUnfinished, nodes.size() - 1};
  return shape;
}

void require_tree(std::span<const ListNode> nodes, int base, std::vector<uint8_t>& left) {
  if (shape_of(nodes, base, left).fault != ListFault::kNone) {
    throw std::invalid_argument("trees: a row is not one tree; build trees by measure, which says what is wrong");
  }
}

ListTrees::ListTrees(size_t rows)
    : offsets(rows + 1), value(rows), depth(rows), tokens(rows), operators(rows), root(rows), hash(rows) {}

void ListTrees::set(size_t i, std::span<const ListNode> tree, int tokens_, int depth_, int value_, uint64_t hash_) {
  const auto size = static_cast<int>(tree.size());
  offsets[i + 1] = size;
  value[i] = value_;
  depth[i] = depth_;
  tokens[i] = tokens_;
  operators[i] = tokens_ - size;
  root[i] = is_operator(tree[0]) ? operator_of(tree[0]) : -1;
  hash[i] = hash_;
}

ListFault measure_trees(const ListRows& rows, std::span<const int32_t> base, ListTrees& out, size_t& row,
                        size_t& position) {
  out = ListTrees(rows.size());
  std::vector<uint8_t> left;
  EvaluationScratch scratch;
  for (size_t i = 0; i < rows.size(); ++i) {
    const ListShape shape = shape_of(rows.row(i), base[i], left);
    if (shape.fault != ListFault::kNone) {
      row = i;
      position = shape.position;
      return shape.fault;
    }
    const int value = evaluate_tree(rows.row(i), base[i], scratch);
    out.set(i, rows.row(i), shape.tokens, shape.depth, value, hash_tree(rows.row(i)));
  }
  for (size_t i = 0; i < rows.size(); ++i) out.offsets[i + 1] += out.offsets[i];
  out.nodes.assign(rows.nodes.begin() + rows.offsets.front(), rows.nodes.begin() + rows.offsets.back());
  return ListFault::kNone;
}

}  // namespace synthkit
