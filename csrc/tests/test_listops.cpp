// ListOps trees: operators worked by hand, words to nodes on every instruction set, draws and texts.
#include <bit>
#include <string>
#include <vector>

#include "cpu/dispatch.h"
#include "cpu/listops.h"
#include "cpu/listops_levels.h"
#include "cpu/listops_measure.h"
#include "cpu/listops_small.h"
#include "cpu/listops_text.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

constexpr ListSettings kLra{15, uint64_t{1} << 30, 2, 10, 10, 0, 9, 501, 1999};
// More levels and arguments than PackedLevels holds, all operators, a base that bytes just hold.
constexpr ListSettings kWide{127, uint64_t{1} << 28, 1, 40, 256, 0, 40, 1, 3000};

ListNode op(ListOperator which, int arguments) { return operator_node(which, arguments); }

// [MAX 2 9 [MIN 4 7 ] 0 ]: MIN gives 4, MAX of 2 9 4 0 gives 9; 5 values and 2 operators are 9 tokens.
const std::vector<ListNode> kExample = {op(kListMax, 4), 2, 9, op(kListMin, 2), 4, 7, 0};

void check_operators() {
  const uint8_t v[] = {7, 1, 3, 6};  // sorted 1 3 6 7: the middle two have mean 4.5; sum 17; product 126
  const int wanted[] = {1, 7, 4, 7, 7, 6, 6};
  for (int o = 0; o < kListOperators; ++o) CHECK(list_apply(o, v, 4, 10) == wanted[o], "%d", o);
  CHECK(list_median(v, 3, 10) == 3);  // 1 3 7
  CHECK(list_median(v, 1, 10) == 7);
  const uint8_t large[] = {255, 255, 255, 255, 255, 255, 255, 255, 255};
  CHECK(list_product(large, 9, 256) == 255);  // (-1)^9
  CHECK(list_product(large, 8, 254) == 1);    // 1^8
}

// The operators without branches against the definition.
void check_small_operators() {
  uint64_t state = 1;
  for (int round = 0; round < 20000; ++round) {
    uint8_t v[16];
    const int base = 2 + round % 14, most = 1 + round / 14 % 15;
    for (uint8_t& x : v) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      x = static_cast<uint8_t>((state >> 33) % static_cast<unsigned>(base));
    }
    const int n = 1 + static_cast<int>((state >> 40) % static_cast<unsigned>(most));
    const SmallOperators small(base);
    uint64_t histogram = 0;
    for (int i = 0; i < n; ++i) histogram += SmallOperators::one(v[i]);
    for (int o = 0; o < kListPm; ++o) {
      const int found = static_cast<int>(small.apply(o, histogram, n, v[0], v[n - 1]));
      const int wanted = list_apply(o, v, n, base);
      CHECK(found == wanted, "operator %d on %d values, base %d: %d, not %d", o, n, base, found, wanted);
    }
  }
}

// The values between two operators at once, and nodes one by one.
template <typename Levels>
void check_levels(Levels levels) {
  // MAX has 4 arguments: 2 9, MIN with 4 7, and 0, with which the tree ends; nothing beyond it is taken.
  levels.open(4);
  CHECK(levels.level() == 1 && levels.left() == 4);
  CHECK(levels.take_values(2) == 2 && levels.level() == 1 && levels.left() == 2);
  levels.open(2);
  CHECK(levels.level() == 2 && levels.left() == 2);
  CHECK(levels.take_values(2) == 2 && levels.level() == 1 && levels.left() == 1);
  CHECK(!levels.done());
  CHECK(levels.take_values(5) == 1 && levels.done());
}

void check_levels() {
  uint8_t left[16];
  check_levels(PackedLevels());
  check_levels(ArrayLevels(left));
  // An operator that is the last argument ends with its parent: [MAX 1 [MIN 2 3 ] ].
  PackedLevels packed, single;
  const int ended[] = {0, 0, 0, 0, 3};  // with the root's level
  const ListNode nested[] = {op(kListMax, 2), 1, op(kListMin, 2), 2, 3};
  for (int i = 0; i < 5; ++i) CHECK(single.step(nested[i]) == ended[i], "%d", i);
  packed.open(2);
  CHECK(packed.take_values(1) == 1);
  packed.open(2);
  CHECK(packed.take_values(1) == 1 && packed.level() == 2 && packed.left() == 1);
  CHECK(packed.take_values(1) == 1 && packed.done() && single.done());
}

void check_measures() {
  EvaluationScratch stack;
  CHECK(evaluate_tree(kExample, 10, stack) == 9);
  CHECK(evaluate_tree(std::vector<ListNode>{6}, 10, stack) == 6);
  std::vector<uint8_t> scratch;
  const ListShape shape = shape_of(kExample, 10, scratch);
  CHECK(shape.fault == ListFault::kNone && shape.tokens == 9 && shape.depth == 2);
  const auto fault = [&](std::vector<ListNode> nodes) { return shape_of(nodes, 10, scratch).fault; };
  CHECK(fault({}) == ListFault::kEmpty);
  CHECK(fault({1, 2}) == ListFault::kMore);
  CHECK(fault({10}) == ListFault::kValue);
  CHECK(fault({0x8701, 1}) == ListFault::kOperator);
  CHECK(fault({op(kListMax, 0)}) == ListFault::kArguments);
  CHECK(fault({op(kListMax, 2), 1}) == ListFault::kUnfinished);
}

std::string text_of(const std::vector<ListNode>& nodes, ListStyle style) {
  const std::vector<int64_t> offsets = {0, static_cast<int64_t>(nodes.size())};
  const ListText text = render_trees({nodes, offsets}, style, {"MIN", "MAX", "MED", "SM", "FIRST", "LAST", "PM"}, 1);
  const std::span<const uint8_t> bytes = text.bytes.all();
  return std::string(bytes.begin(), bytes.end());
}

void check_texts() {
  CHECK(text_of(kExample, ListStyle::kPrefix) == "[MAX 2 9 [MIN 4 7 ] 0 ]");
  CHECK(text_of(kExample, ListStyle::kTokens) == "5 13 20 4 15 18 3 11 3");
  CHECK(text_of({op(kListMax, 2), 1, 7}, ListStyle::kParens) == "( ( ( [MAX 1 ) 7 ) ] )");
  CHECK(text_of({7}, ListStyle::kParens) == "7");
}

// Every path gives the nodes that single words give, whether lanes are blocks or attempts.
void check_nodes() {
  const ListStream stream{1, 2, 3, 4, 5};
  for (const uint64_t threshold : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 30, uint64_t{1} << 32}) {
    ListSettings settings = kWide;
    settings.operator_threshold = threshold;
    const ListRules rules = list_rules(settings);
    for (int p = 0; p < kNumCpuPaths; ++p) {
      if (!set_cpu_path(CpuPath(p))) continue;
      for (const bool attempts : {false, true}) {
        ListNodeBatch batch;
        list_node_kernel()(stream, 9, attempts, rules, batch);
        for (int i = 0; i < kListBatch; ++i) {
          ListStream own = stream;
          own.attempt += attempts ? static_cast<uint32_t>(i / 4) : 0;
          const PhiloxBlock block = list_block(own, 9 + (attempts ? 0 : static_cast<uint32_t>(i / 4)));
          const uint32_t words[] = {block.w0, block.w1, block.w2, block.w3};
          CHECK(batch.shallow[i] == node_of(words[i % 4], rules), "%s, %d", kCpuPathNames[p], i);
          CHECK(batch.deepest[i] == deepest_node_of(words[i % 4], rules), "%s, %d", kCpuPathNames[p], i);
        }
      }
    }
  }
}

// Each result is in range and nearly as often as it should be, for the ends of the range and those of each result.
void check_scales() {
  for (int arguments = 1; arguments <= 255; arguments += 11) {
    ListSettings settings = kWide;
    settings.max_arguments = arguments;
    for (const uint64_t threshold : {uint64_t{2000}, uint64_t{1} << 20, uint64_t{1} << 30, (uint64_t{1} << 32) - 300}) {
      settings.operator_threshold = threshold;
      const ListRules rules = list_rules(settings);
      const auto pairs = static_cast<uint64_t>(7 * arguments);
      CHECK(scaled(static_cast<uint32_t>(threshold - 1), rules.pair) == pairs - 1 || threshold < 2 * pairs);
      for (uint64_t k = 0; k < pairs; ++k) {
        // The first word of result k by exact arithmetic; the multiplication may be late by three words.
        const uint64_t first = (k * threshold + pairs - 1) / pairs;
        if (first + 3 >= threshold) continue;
        const uint32_t found = scaled(static_cast<uint32_t>(first + 3), rules.pair);
        CHECK(found >= k && found <= (first + 3) * pairs / threshold);
        CHECK(operator_place(found, rules) == found / static_cast<uint32_t>(arguments));
      }
    }
  }
}

void check_draws() {
  const std::vector<uint32_t> index = {0, 1, 2, 3, 4, 5, 6, 7};
  for (const ListSettings& settings : {kLra, kWide}) {
    std::vector<ListNode> nodes[kNumCpuPaths];
    for (int p = 0; p < kNumCpuPaths; ++p) {
      if (!set_cpu_path(CpuPath(p))) continue;
      const RejectionSampler sampler({&settings, 1}, 77, 3, index);
      HashSet seen;
      std::vector<uint32_t> attempts(index.size());
      CHECK(choose_attempts(sampler, {0, ~uint64_t{0}, {}, 1 << 20}, seen, attempts, 2).row == -1);
      ListTrees trees(index.size());
      CHECK(draw_trees(sampler, attempts, trees, 2) == -1);
      for (size_t i = 0; i < index.size(); ++i) {
        std::vector<uint8_t> scratch;
        const ListShape shape = shape_of(ListRows{trees.nodes, trees.offsets}.row(i), settings.base, scratch);
        CHECK(shape.fault == ListFault::kNone && shape.depth == trees.depth[i] && shape.tokens == trees.tokens[i]);
        CHECK(shape.tokens >= settings.min_tokens && shape.tokens <= settings.max_tokens);
        CHECK(shape.depth <= settings.max_depth);
        // An attempt before the first accepted one is refused.
        ListTree tree;
        if (attempts[i] > 0) CHECK(!sampler.draw(i, attempts[i] - 1, tree));
      }
      nodes[p] = trees.nodes;
      CHECK(nodes[p] == nodes[0], "%s", kCpuPathNames[p]);
    }
  }
}

}  // namespace

int main() {
  check_operators();
  check_small_operators();
  check_levels();
  check_measures();
  check_texts();
  check_nodes();
  check_scales();
  check_draws();
  return synthkit::test::finish("listops");
}
