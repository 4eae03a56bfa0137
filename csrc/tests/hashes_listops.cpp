// ListOps: words to nodes, trees by rejection and from tables, their texts and explanations, weights and counts.
#include <numeric>

#include "cpu/listops_count.h"
#include "cpu/listops_table_sampler.h"
#include "cpu/listops_text.h"
#include "tests/check.h"
#include "tests/hashes.h"

namespace synthkit::test {

namespace {

constexpr uint64_t kKey = 0x0123456789ABCDEFu;
constexpr uint32_t kSplit = 3;

// The operators and lengths of the Long Range Arena; all operators, short enough for each explanation; and more levels,
// arguments and values than the fast ways take.
constexpr ListSettings kLong{15, uint64_t{1} << 30, 2, 10, 10, 0, 9, 501, 1999};
constexpr ListSettings kShort{127, uint64_t{1} << 30, 2, 8, 10, 1, 6, 10, 300};
constexpr ListSettings kWide{127, uint64_t{1} << 28, 1, 40, 256, 0, 40, 1, 3000};

std::vector<uint32_t> first_rows(uint32_t rows) {
  std::vector<uint32_t> index(rows);
  std::iota(index.begin(), index.end(), 0u);
  return index;
}

template <typename... Arrays>
std::string hash_trees(const ListTrees& trees, const Arrays&... arrays) {
  return hash_of(arrays..., trees.nodes, trees.offsets, trees.value, trees.depth, trees.tokens, trees.operators,
                 trees.root, trees.hash);
}

std::string hash_nodes(bool attempts) {
  std::vector<ListNode> nodes;
  for (const uint64_t threshold : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 30, uint64_t{1} << 32}) {
    ListSettings settings = kWide;
    settings.operator_threshold = threshold;
    for (uint32_t block = 0; block < 20; ++block) {
      ListNodeBatch batch;
      list_node_kernel()({1, 2, 3, 4, 5}, block, attempts, list_rules(settings), batch);
      nodes.insert(nodes.end(), batch.shallow, batch.shallow + kListBatch);
      nodes.insert(nodes.end(), batch.deepest, batch.deepest + kListBatch);
    }
  }
  return hash_of(nodes);
}

// Each row's first attempt whose tree is no other row's.
std::string sample(const ListSettings& settings, uint32_t rows, ListTrees& trees) {
  const std::vector<uint32_t> index = first_rows(rows);
  const RejectionSampler sampler({&settings, 1}, kKey, kSplit, index);
  HashSet seen;
  std::vector<uint32_t> attempts(rows);
  const ChoiceRules rules{0, ~uint64_t{0}, {}, uint64_t{1} << 20};
  CHECK(sample_trees(sampler, rules, seen, attempts, trees, kHashThreads).row == -1);
  return hash_trees(trees, attempts);
}

void hash_tree_texts(Hashes& hashes, const ListTrees& trees) {
  const ListNames names = {"MIN", "MAX", "MED", "SM", "FIRST", "LAST", "PM"};
  const ListRows rows{trees.nodes, trees.offsets};
  const auto hash = [](const ListText& text) { return hash_of(text.offsets, text.bytes.all()); };
  hashes["listops text prefix"] = hash(render_trees(rows, ListStyle::kPrefix, names, kHashThreads));
  hashes["listops text parens"] = hash(render_trees(rows, ListStyle::kParens, names, kHashThreads));
  hashes["listops text tokens"] = hash(render_trees(rows, ListStyle::kTokens, names, kHashThreads));
  const std::vector<int32_t> base(rows.size(), kShort.base);
  for (int level = kAnswer; level < kListLevels; ++level) {
    const std::vector<int32_t> levels(rows.size(), level);
    hashes["listops explanation " + std::to_string(level)] =
        hash(explain_trees(rows, base, levels, names, kHashThreads));
  }
}

// Weights of depths and lengths, and trees drawn by them.
void hash_tables(Hashes& hashes) {
  const TreeTables tables({2, 8, 0.25, 6, 120});
  std::vector<double> m;
  std::vector<int32_t> x;
  for (int depth = 0; depth <= 6; ++depth) {
    for (int tokens = 0; tokens <= 120; ++tokens) {
      m.push_back(tables.weight(depth, tokens).m);
      x.push_back(tables.weight(depth, tokens).x);
    }
  }
  hashes["listops table weights"] = hash_of(m, x);
  ListSettings settings = kShort;
  settings.min_tokens = 40;
  settings.max_tokens = 120;
  const std::vector<uint32_t> index = first_rows(300), attempts(300, 1);
  const TreeTables* one = &tables;
  const int32_t place = 0;
  const TableSampler sampler({&settings, 1}, {&one, 1}, {&place, 1}, kKey, kSplit, index);
  ListTrees trees(index.size());
  CHECK(sampler.impossible() == -1 && draw_trees(sampler, attempts, trees, kHashThreads) == -1);
  hashes["listops table trees"] = hash_trees(trees);
}

std::string hash_counts() {
  std::vector<uint64_t> counts;
  for (int depth = 0; depth <= 6; ++depth) {
    std::vector<uint8_t> lengths(200);
    tree_lengths({2, 5}, depth, lengths);
    counts.insert(counts.end(), lengths.begin(), lengths.end());
    counts.push_back(count_trees({2, 5}, 4, 10, {0, depth, 1, 40}));
  }
  return hash_of(counts);
}

}  // namespace

void hash_listops(Hashes& hashes) {
  hashes["listops nodes by block"] = hash_nodes(false);
  hashes["listops nodes by attempt"] = hash_nodes(true);
  ListTrees long_trees(40), short_trees(200), wide_trees(100);
  hashes["listops long trees"] = sample(kLong, 40, long_trees);
  hashes["listops short trees"] = sample(kShort, 200, short_trees);
  hashes["listops wide trees"] = sample(kWide, 100, wide_trees);
  hash_tree_texts(hashes, short_trees);
  hash_tables(hashes);
  hashes["listops counts"] = hash_counts();
}

}  // namespace synthkit::test
