// The three written forms of a tree.
#include <bit>
#include <cstring>

#include "cpu/listops_levels.h"
#include "cpu/listops_mask.h"
#include "cpu/listops_measure.h"
#include "cpu/listops_text.h"
#include "cpu/listops_walk.h"
#include "cpu/listops_writer.h"

namespace synthkit {

namespace {

// A short text in a place of fixed size: copied whole, whatever its length, which is faster than to look.
template <size_t kSize>
struct Piece {
  char text[kSize];
  size_t size;

  void set(const std::string& from) { size = from.copy(text, kSize); }
  char* write(char* to) const {
    std::memcpy(to, text, kSize);
    return to + size;
  }
};

constexpr size_t kOperatorBytes = 32;
constexpr size_t kValueBytes = 8;
constexpr size_t kNodeBytes = 16;
constexpr int kDigits = 16;  // values that are written at once
static_assert(kMaxListName + 2 <= kOperatorBytes);

struct Pieces {
  Piece<kValueBytes> value[kListMaxBase];
  Piece<kOperatorBytes> op[8];               // as many as a node can name
  Piece<kNodeBytes> node[kListMaxBase + 8];  // values, then operators
  bool fits = true;                          // all in `node`
  bool digits;                               // values below 10 are a digit and a space
  char close[2 * kNodeBytes];

  Pieces(ListStyle style, const ListNames& names) {
    const bool tokens = style == ListStyle::kTokens;
    digits = !tokens;
    for (size_t i = 0; i < kNodeBytes; ++i) std::memcpy(close + 2 * i, tokens ? "3 " : "] ", 2);
    for (int v = 0; v < kListMaxBase; ++v) {
      const std::string text = std::to_string(tokens ? kFirstValueToken + v : v) + " ";
      value[v].set(text);
      node[v].set(text);
    }
    for (int o = 0; o < 8; ++o) {
      const std::string name = o < kListOperators ? names[static_cast<size_t>(o)] : "";
      const std::string text = tokens ? std::to_string(kFirstOperatorToken + o) + " " : "[" + name + " ";
      op[o].set(text);
      node[kListMaxBase + o].set(text);
      fits = fits && text.size() <= kNodeBytes;
    }
  }
};

struct Scratch {
  std::vector<ListFrame> open;
  std::vector<uint8_t> left;
  std::vector<ListNode> padded;
};

// Whether all nodes are values or operators, and these have arguments that PackedLevels holds; the compiler vectorises.
bool fits_packed(std::span<const ListNode> nodes) {
  unsigned wrong = 0;
  for (const ListNode node : nodes) {
    const unsigned arguments_before = (node - 1u) & 0xff;  // 255 for none
    const bool is_value = node < kListMaxBase;
    const bool is_small = node >= 0x8000u && node < operator_node(kListOperators, 0) &&
                          arguments_before < unsigned(PackedLevels::kMaxArguments);
    wrong |= is_value || is_small ? 0u : 1u;
  }
  return wrong == 0;
}

// Writes 16 values below 10 as `2 9 `..., 32 bytes; the compiler makes vectors of it.
void write_digits(const ListNode* values, char* to) {
  constexpr bool kLittle = std::endian::native == std::endian::little;
  constexpr unsigned kZero = kLittle ? ' ' << 8 | '0' : '0' << 8 | ' ';
  uint16_t text[kDigits];
  for (int i = 0; i < kDigits; ++i) {
    text[i] = static_cast<uint16_t>(kZero + (kLittle ? values[i] : unsigned(values[i]) << 8));
  }
  std::memcpy(to, text, sizeof(text));
}

// The places of one digit and a space, as a node has two bytes: the values between two operators or ends are written at
// once. kDigits nodes beyond the last must be readable. Else as write_packed.
bool write_digit_tree(std::span<const ListNode> nodes, const Pieces& pieces, TextWriter& writer) {
  static_assert(PackedLevels::kMaxArguments < kDigits);
  writer.reserve((nodes.size() + 3) * (kNodeBytes + 2));
  char* to = writer.end();
  PackedLevels levels;
  for (size_t first = 0; first < nodes.size(); first += 64) {
    const ListNode* from = nodes.data() + first;
    const ListNode* end = from + std::min<size_t>(64, nodes.size() - first);
    uint64_t operators = end - from == 64 ? operators_of(from) : operators_of(std::span(from, end));
    const ListNode* const begin = from;
    while (true) {
      const ListNode* next = operators == 0 ? end : begin + std::countr_zero(operators);
      int values = static_cast<int>(next - from);
      while (values >= levels.left()) {  // they end a level, and those around it that have no more to come
        if (levels.done()) return false;
        const int run = levels.left();
        write_digits(from, to);
        from += run;
        values -= run;
        to += 2 * run;
        std::memcpy(to, pieces.close, sizeof(pieces.close));
        to += 2 * levels.skip_values(run);
      }
      write_digits(from, to);
      to += 2 * values;
      levels.skip_values(values);
      from = next;
      if (operators == 0) break;
      if (levels.done() || levels.level() == PackedLevels::kMaxDepth) return false;
      to = pieces.node[kListMaxBase + operator_of(*from)].write(to);
      levels.open(arguments_of(*from++));
      operators &= operators - 1;
    }
  }
  if (!levels.done()) return false;
  writer.wrote(to - 3);  // no space at the end, and none of a bracket that would end the root's level
  return true;
}

bool digits_only(std::span<const ListNode> nodes) {
  unsigned wrong = 0;
  for (const ListNode node : nodes) wrong |= node < 10 || is_operator(node) ? 0u : 1u;
  return wrong == 0;
}

// `[MAX 2 9 [MIN 4 7 ] 0 ]`, or the same with token ids. False, with nothing written, if the tree is too deep or wide
// for PackedLevels, or is none. The nodes must be such as fits_packed wants.
bool write_packed(std::span<const ListNode> nodes, const Pieces& pieces, TextWriter& writer) {
  writer.reserve((nodes.size() + 2) * (kNodeBytes + 2));
  char* to = writer.end();
  PackedLevels levels;
  for (const ListNode node : nodes) {
    // Without branches on what the node is, see PackedLevels.
    const unsigned op = -unsigned(node >> 15);  // all bits set for an operator
    if (unsigned(levels.level()) >= unsigned(PackedLevels::kMaxDepth)) return false;
    to = pieces.node[(node & 0xff & ~op) | ((kListMaxBase | unsigned(operator_of(node))) & op)].write(to);
    const int ended = levels.step(node);
    std::memcpy(to, pieces.close, sizeof(pieces.close));
    to += 2 * ended;
  }
  if (!levels.done()) return false;
  writer.wrote(to - 3);  // no space at the end, and none of a bracket that would end the root's level
  return true;
}

// The same for any tree; `readable` nodes from the first on may be read.
void write_flat(std::span<const ListNode> nodes, size_t readable, const Pieces& pieces, TextWriter& writer,
                Scratch& scratch) {
  if (pieces.fits && fits_packed(nodes)) {
    if (!pieces.digits || !digits_only(nodes)) {
      if (write_packed(nodes, pieces, writer)) return;
    } else if (readable >= nodes.size() + kDigits) {
      if (write_digit_tree(nodes, pieces, writer)) return;
    } else {
      scratch.padded.assign(nodes.begin(), nodes.end());
      scratch.padded.resize(nodes.size() + kDigits);
      if (write_digit_tree({scratch.padded.data(), nodes.size()}, pieces, writer)) return;
    }
  }
  require_tree(nodes, kListMaxBase, scratch.left);
  // An operator is its name and its end, and what a piece copies beyond its end is less than one operator more.
  size_t operators = 1;
  for (const ListNode node : nodes) operators += is_operator(node) ? 1 : 0;
  writer.reserve(operators * (kOperatorBytes + 2) + nodes.size() * kValueBytes);
  char* to = writer.end();
  walk_tree(
      nodes, scratch.open, [&](ListNode node, bool) { to = pieces.value[node & 0xff].write(to); },
      [&](ListNode node) { to = pieces.op[operator_of(node)].write(to); },
      [&](ListNode, bool) {
        std::memcpy(to, pieces.close, 2);
        to += 2;
      });
  writer.wrote(to - 1);  // no space at the end
}

// The binary form of the reference: (((operator, argument), argument), end), each pair as `( left right )`.
void write_parens(std::span<const ListNode> nodes, const Pieces& pieces, TextWriter& writer, Scratch& scratch) {
  require_tree(nodes, kListMaxBase, scratch.left);
  // Before an operator come its arguments and its end as pairs opened, 4 bytes for each with the closing ones.
  size_t pairs = 1, operators = 1;
  for (const ListNode node : nodes) {
    operators += is_operator(node) ? 1 : 0;
    pairs += is_operator(node) ? static_cast<size_t>(arguments_of(node)) + 1 : 0;
  }
  writer.reserve(4 * pairs + operators * (kOperatorBytes + 2) + nodes.size() * kValueBytes);
  char* to = writer.end();
  const auto put = [&to](const char* two) {
    std::memcpy(to, two, 2);
    to += 2;
  };
  walk_tree(
      nodes, scratch.open,
      [&](ListNode node, bool nested) {
        to = pieces.value[node & 0xff].write(to);
        if (nested) put(") ");
      },
      [&](ListNode node) {
        for (int i = 0; i <= arguments_of(node); ++i) put("( ");
        to = pieces.op[operator_of(node)].write(to);
      },
      [&](ListNode, bool nested) {
        put("] ");
        put(") ");
        if (nested) put(") ");
      });
  writer.wrote(to - 1);
}

}  // namespace

ListText render_trees(const ListRows& rows, ListStyle style, const ListNames& names, int threads) {
  const Pieces pieces(style, names);
  return write_rows<Scratch>(rows.size(), threads, [&](size_t row, TextWriter& writer, Scratch& scratch) {
    if (style == ListStyle::kParens) {
      write_parens(rows.row(row), pieces, writer, scratch);
    } else {
      const auto first = static_cast<size_t>(rows.offsets[row]);
      write_flat(rows.row(row), rows.nodes.size() - first, pieces, writer, scratch);
    }
  });
}

}  // namespace synthkit
