// Step-by-step explanations: one line an operator, inner ones first, then the answer.
#include <algorithm>
#include <array>

#include "cpu/listops_measure.h"
#include "cpu/listops_text.h"
#include "cpu/listops_walk.h"
#include "cpu/listops_writer.h"

namespace synthkit {

namespace {

struct Scratch {
  std::vector<ListFrame> open;
  std::vector<uint8_t> values;
  std::array<uint8_t, kListMaxArguments> sorted;
};

void write_list(std::span<const uint8_t> values, TextWriter& writer) {
  writer.add("[");
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) writer.add(", ");
    writer.add(uint64_t{values[i]});
  }
  writer.add("]");
}

uint64_t whole_product(std::span<const uint8_t> values) {
  uint64_t product = 1;
  for (const uint8_t value : values) product *= value;
  return product;
}

// The words are those of the public data of "Show Me How It's Done"; FIRST, LAST and PM follow their manner.
void write_long(int op, std::span<const uint8_t> values, int result, TextWriter& writer, Scratch& scratch) {
  constexpr const char* kOpening[] = {
      "Min, smallest number of ", "Max, largest number of ", "MED, sorted list, ", "SUM, add ",
      "First, first number of ",  "Last, last number of ",   "PROD, multiply "};
  writer.add(kOpening[op]);
  if (op == kListMed) {
    const auto end = std::copy(values.begin(), values.end(), scratch.sorted.begin());
    std::sort(scratch.sorted.begin(), end);
    write_list({scratch.sorted.data(), values.size()}, writer);
    writer.add(", MEDIAN is ");
  } else {
    write_list(values, writer);
    if (op == kListSm) {
      writer.add(", sum is ");
      writer.add(static_cast<uint64_t>(list_sum(values.data(), static_cast<int>(values.size()))));
      writer.add(", answer is ");
    } else if (op == kListPm) {
      writer.add(", product is ");
      writer.add(whole_product(values));
      writer.add(", answer is ");
    } else {
      writer.add(" is ");
    }
  }
  writer.add(static_cast<uint64_t>(result));
  writer.add("\n");
}

void write_step(int level, const std::string& name, std::span<const uint8_t> values, int result, TextWriter& writer) {
  writer.add(name);
  if (level == kMedium) {
    writer.add(" ");
    write_list(values, writer);
  }
  writer.add(" = ");
  writer.add(static_cast<uint64_t>(result));
  writer.add("\n");
}

void write_explanation(std::span<const ListNode> nodes, int base, int level, const ListNames& names, TextWriter& writer,
                       Scratch& scratch) {
  std::vector<uint8_t>& values = scratch.values;
  values.clear();
  walk_tree(
      nodes, scratch.open, [&](ListNode node, bool) { values.push_back(static_cast<uint8_t>(node)); }, [](ListNode) {},
      [&](ListNode node, bool) {
        const auto count = static_cast<size_t>(arguments_of(node));
        const std::span<const uint8_t> arguments(values.end() - static_cast<ptrdiff_t>(count), values.end());
        const int op = operator_of(node);
        const int result = list_apply(op, arguments.data(), static_cast<int>(count), base);
        if (level == kLong) {
          write_long(op, arguments, result, writer, scratch);
        } else if (level != kAnswer) {
          write_step(level, names[static_cast<size_t>(op)], arguments, result, writer);
        }
        values.erase(values.end() - static_cast<ptrdiff_t>(count), values.end());
        values.push_back(static_cast<uint8_t>(result));
      });
  writer.add("Final answer: ");
  writer.add(uint64_t{values.back()});
}

}  // namespace

ListText explain_trees(const ListRows& rows, std::span<const int32_t> base, std::span<const int32_t> levels,
                       const ListNames& names, int threads) {
  return write_rows<Scratch>(rows.size(), threads, [&](size_t row, TextWriter& writer, Scratch& scratch) {
    if (levels[row] == kNoExplanation) return;
    require_tree(rows.row(row), base[row], scratch.values);
    write_explanation(rows.row(row), base[row], levels[row], names, writer, scratch);
  });
}

}  // namespace synthkit
