#include "cpu/listops_measure.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "common/hash.h"
#include "cpu/listops_small.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace synthkit {

namespace {

// Any operators: a node at a time.
int evaluate_any(std::span<const ListNode> nodes, int base, std::vector<uint8_t>& stack) {
  if (stack.size() < nodes.size()) stack.resize(nodes.size());
  uint8_t* top = stack.data() + nodes.size();
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

// A bit for each operator among 64 nodes.
uint64_t operators_of(const ListNode* nodes) {
  uint64_t found = 0;
#if defined(__SSE2__)
  for (int i = 0; i < 64; i += 16) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nodes + i));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nodes + i + 8));
    const auto signs = static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
    found |= static_cast<uint64_t>(signs) << i;
  }
#else
  for (int i = 0; i < 64; ++i) found |= static_cast<uint64_t>(nodes[i] >> 15) << i;
#endif
  return found;
}

uint64_t operators_of(std::span<const ListNode> nodes) {
  ListNode padded[64] = {};
  std::copy(nodes.begin(), nodes.end(), padded);
  return operators_of(padded);
}

constexpr size_t kRun = 16;  // bytes copied and read at once, also beyond a run

// Small operators: the values between two of them are moved onto the stack in one go.
int evaluate_small(std::span<const ListNode> nodes, int base, int most, std::vector<uint8_t>& scratch) {
  const SmallOperators operators(base, most);
  const size_t size = nodes.size();
  const size_t words = (size + 63) / 64;
  if (scratch.size() < 2 * size + 3 * kRun) scratch.resize(2 * size + 3 * kRun);
  uint8_t* low = scratch.data() + kRun;     // the low byte of each node
  uint8_t* top = low + size + kRun + size;  // of a stack that grows down
  for (size_t i = 0; i < size; ++i) low[i] = static_cast<uint8_t>(nodes[i]);
  size_t end = size;  // nodes from here on are done
  for (size_t word = words; word-- > 0;) {
    const size_t first = 64 * word;
    uint64_t left = first + 64 <= size ? operators_of(nodes.data() + first) : operators_of(nodes.subspan(first));
    while (left != 0) {
      const auto bit = static_cast<size_t>(63 - std::countl_zero(left));
      left ^= uint64_t{1} << bit;
      const size_t at = first + bit;
      const uint8_t* from = low + end;
      uint8_t* to = top;
      top -= end - at - 1;
      do {
        from -= kRun;
        to -= kRun;
        std::memcpy(to, from, kRun);
      } while (to > top);
      const int arguments = low[at];
      const int value = operators.apply(operator_of(nodes[at]), top, arguments);
      top += arguments - 1;
      *top = static_cast<uint8_t>(value);
      end = at;
    }
  }
  return end == 0 ? *top : low[0];
}

}  // namespace

int evaluate_tree(std::span<const ListNode> nodes, int base, std::vector<uint8_t>& stack) {
  ListNode most = 0x8000;  // of the arguments of any operator
  for (const ListNode node : nodes) most = std::max<ListNode>(most, node & 0x80ff);
  const bool small = arguments_of(most) <= kSmallArguments && base <= kSmallBase;
  return small ? evaluate_small(nodes, base, arguments_of(most), stack) : evaluate_any(nodes, base, stack);
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
  std::vector<uint8_t> scratch;
  for (size_t i = 0; i < rows.size(); ++i) {
    const ListShape shape = shape_of(rows.row(i), base[i], scratch);
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
