// Weights, tables and counts of ListOps trees, worked by hand.
#include "common/weight.h"
#include "cpu/listops_count.h"
#include "cpu/listops_tables.h"
#include "tests/check.h"

using namespace synthkit;
using namespace synthkit::test;

namespace {

void check_weights() {
  const Weight small = weight_of(0x1p-300, 2), large = weight_of(0x1.8p256, -1), plain = weight_of(0x1p-256, 7);
  CHECK(small.m == 0x1p212 && small.x == 1);
  CHECK(large.m == 0x1.8p-256 && large.x == 0);
  CHECK(plain.m == 0x1p-256 && plain.x == 7);
  CHECK(weight_term(3.0, 0) == 3.0 && weight_term(3.0, -1) == 0x1.8p-511 && weight_term(0x1p-400, 1) == 0x1p112);
  CHECK(weight_term(0x1p511, -2) == 0.0);
}

// {1 at 1, 2^-1000 at 2} convolved with itself: 1 at 2, 2 * 2^-1000 at 3, 2^-2000 at 4.
void check_convolution() {
  const WeightRow row({{0.0, 0}, {1.0, 0}, {0x1p24, -2}});
  WeightSums sums(3, 2 * row.least(), 2 * row.most());
  for (int l = row.begin(); l < row.end(); ++l) sums.add_shifted(row, l, row);
  const WeightRow square(sums.finish(1.0));
  CHECK(square.begin() == 2 && square.end() == 4);  // the limit, 3, leaves out what is at 4
  CHECK(square.at(2).m == 1.0 && square.at(2).x == 0);
  CHECK(square.at(3).m == 0x1p25 && square.at(3).x == -2);
  CHECK(square.at(4).m == 0.0 && square.runs().size() == 2);
  WeightSums mixed(0, -3, 0);  // 2^-500 + 2^-506 + 2^-506, in three scales
  mixed.add(0, {0x1p-500, 0});
  mixed.add(0, {0x1p6, -1});
  mixed.add(0, {0x1p518, -2});
  const Weight sum = mixed.finish(1.0)[0];
  CHECK(sum.m == 0x1.08p12 && sum.x == -1);
}

// p = 1/4, two arguments, at most two levels: 3/4, 1/4 (3/4)^2, 1/4 * 2 * 3/4 * 1/4 and 1/4 (1/4)^2.
void check_tables() {
  const TreeTables tables({2, 2, 0.25, 2, 12});
  const double wanted[4][3] = {{0, 1, 48}, {1, 4, 9}, {2, 7, 6}, {2, 10, 1}};
  for (const auto& [depth, tokens, weight] : wanted) {
    const Weight found = tables.weight(int(depth), int(tokens));
    CHECK(found.m == weight / 64 && found.x == 0, "depth %g, %g tokens: %g", depth, tokens, found.m * 64);
  }
  CHECK(tables.weight(2, 8).m == 0.0 && tables.weight(3, 7).m == 0.0 && tables.weight(0, 0).m == 0.0);
  CHECK(tables.window(2, 2, 8, 9).empty() && tables.window(3, 9, 1, 12).empty());
  const TreeWindow window = tables.window(1, 2, 4, 7);
  CHECK(window.sums.size() == 8 && window.sums.back() == 15.0 / 64);
}

// Of depth 2 and 10 tokens there is one shape, three operators over four values.
void check_draw() {
  const TreeTables tables({2, 2, 0.25, 2, 12});
  const TreeAlphabet alphabet(1 << kListMed | 1 << kListPm, 5);
  CHECK(alphabet.count == 2 && alphabet.operators[0] == kListMed && alphabet.operators[1] == kListPm);
  std::vector<ListNode> nodes;
  CHECK(tables.draw(ListStream{1, 2, 3, 4, 5}, tables.window(2, 2, 10, 10), alphabet, nodes));
  const bool operators[7] = {true, true, false, false, true, false, false};
  CHECK(nodes.size() == 7);
  for (size_t i = 0; i < nodes.size(); ++i) {
    CHECK(is_operator(nodes[i]) == operators[i], "node %zu", i);
    const bool good = is_operator(nodes[i]) ? arguments_of(nodes[i]) == 2 && (operator_of(nodes[i]) == kListMed ||
                                                                              operator_of(nodes[i]) == kListPm)
                                            : nodes[i] < 5;
    CHECK(good, "node %zu is %d", i, int(nodes[i]));
  }
  CHECK(!tables.draw(ListStream{1, 2, 3, 4, 5}, tables.window(2, 2, 8, 8), alphabet, nodes) && nodes.size() == 7);
}

void check_threads() {
  const TreeTables tables({2, 5, 0.25, 6, 60});
  std::vector<TreeRow> rows;
  for (uint32_t i = 0; i < 1000; ++i) rows.push_back({15, 10, 2, 4, 20, 30 + int(i % 20), i, i % 3});
  std::vector<ListNode> alone;
  std::vector<int64_t> alone_offsets(rows.size() + 1);
  CHECK(draw_from_tables(tables, rows, 9, 1, alone, alone_offsets, 1) == -1);
  for (const int threads : {2, 3, 7}) {
    std::vector<ListNode> nodes;
    std::vector<int64_t> offsets(rows.size() + 1);
    CHECK(draw_from_tables(tables, rows, 9, 1, nodes, offsets, threads) == -1);
    CHECK(nodes == alone && offsets == alone_offsets, "%d threads", threads);
  }
  rows[700].max_tokens = rows[300].max_tokens = 5;
  CHECK(draw_from_tables(tables, rows, 9, 1, alone, alone_offsets, 3) == 300);
}

// Depth 2, two or three arguments: an inner operator adds 3 or 4 to a length. One inner: 7 to 9 tokens; the most, three
// inner operators with three values each, 2 + 3 * 5 = 17. All between exist.
void check_counts() {
  std::vector<uint8_t> found(21);
  tree_lengths({2, 3}, 2, found);
  for (int length = 0; length <= 20; ++length) {
    CHECK(found[size_t(length)] == (length >= 7 && length <= 17 ? 1 : 0), "%d tokens", length);
  }
  // Two operators, values below 3, two arguments: 2 * 3 * 3 of depth 1, 2 * 2 * 18 * 3 with one inner operator.
  CHECK(count_trees({2, 2}, 2, 3, {1, 1, 1, 9}) == 18);
  CHECK(count_trees({2, 2}, 2, 3, {2, 2, 7, 7}) == 216);
  CHECK(count_trees({2, 10}, 4, 10, {0, 9, 501, 1999}) == kManyTrees);
  CHECK(count_trees({62, 62}, 1, 2, {1, 1, 1, 99}) == kManyTrees / 2);
  CHECK(count_trees({63, 63}, 1, 2, {1, 1, 1, 99}) == kManyTrees);
}

}  // namespace

int main() {
  check_weights();
  check_convolution();
  check_tables();
  check_draw();
  check_threads();
  check_counts();
  return finish("listops tables");
}
