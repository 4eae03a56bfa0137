// The rejection sampler.
#include <algorithm>
#include <bit>

#include "cpu/dispatch.h"
#include "cpu/listops.h"
#include "cpu/listops_levels.h"
#include "cpu/listops_mask.h"

namespace synthkit {

namespace {

ListScale scale_of(uint64_t n, uint64_t range) {
  using Wide = unsigned __int128;
  if (range == 0) return {0, 0};
  if (range <= n) return {~0u, 0};
  uint32_t shift = 31;
  while ((Wide{n} << shift) >= range) --shift;
  return {static_cast<uint32_t>((Wide{n} << (32 + shift)) / range), shift};
}

// Copies a run of nodes a vector at a time, past its end; both sides have kListSlack more.
void copy_run(const ListNode* from, int count, ListNode* to) {
  for (int i = 0; i < count; i += kListSlack) memcpy(to + i, from + i, sizeof(ListNode) * kListSlack);
}

}  // namespace

DrawListNodes list_node_kernel() {
#if defined(__x86_64__)
  switch (cpu_path()) {
    case CpuPath::kAvx512:
      return avx512::draw_list_nodes;
    case CpuPath::kAvx2:
      return avx2::draw_list_nodes;
    case CpuPath::kBaseline:
      break;
  }
#endif
  return baseline::draw_list_nodes;
}

ListRules list_rules(const ListSettings& settings) {
  ListRules rules{};
  const auto threshold = settings.operator_threshold;
  rules.last_operator_word = static_cast<uint32_t>(threshold - 1);
  rules.has_operators = threshold > 0 ? ~0u : 0u;
  uint32_t count = 0;
  for (uint32_t op = 0; op < kListOperators; ++op) {
    if ((settings.operators >> op & 1) != 0) rules.operator_list |= op << (4 * count++);
  }
  rules.min_arguments = static_cast<uint32_t>(settings.min_arguments);
  rules.argument_counts = static_cast<uint32_t>(settings.max_arguments - settings.min_arguments + 1);
  rules.inverse_counts = ((1u << 20) + rules.argument_counts - 1) / rules.argument_counts;
  rules.pair = scale_of(uint64_t{count} * rules.argument_counts, threshold);
  rules.base = static_cast<uint32_t>(settings.base);
  rules.value = scale_of(rules.base, (uint64_t{1} << 32) - threshold);
  return rules;
}

uint64_t TreeSampler::search(size_t row, uint64_t attempt, uint64_t end, ListTree& tree) const {
  while (attempt < end && !draw(row, static_cast<uint32_t>(attempt), tree)) ++attempt;
  return attempt;
}

RejectionSampler::RejectionSampler(std::span<const ListSettings> settings, uint64_t key, uint32_t split,
                                   std::span<const uint32_t> index)
    : settings_(settings.begin(), settings.end()),
      key0_(static_cast<uint32_t>(key)),
      key1_(static_cast<uint32_t>(key >> 32)),
      split_(split),
      index_(index),
      draw_nodes_(list_node_kernel()) {
  rules_.reserve(settings.size());
  for (const ListSettings& each : settings) rules_.push_back(list_rules(each));
}

ListStream RejectionSampler::stream(size_t row, uint32_t attempt) const {
  return {key0_, key1_, index_[row], attempt, split_};
}

// Walks down a tree as its nodes are drawn; the first `count` are given, with a bit for
// each operator, and batches of kListBatch follow from the
// first block that they end at. It goes from operator to operator: the values between two of them are taken at once.
// Places of `tree` other than nodes and left are set where the tree is accepted.
template <typename Levels>
bool RejectionSampler::walk(size_t row, const ListStream& stream, const ListNode* shallow, const ListNode* deepest,
                            uint64_t operators, int count, Levels levels, ListTree& tree) const {
  const ListSettings& settings = settings_[place(row)];
  const int max_depth = settings.max_depth, max_tokens = settings.max_tokens;
  auto block = static_cast<uint32_t>(count / 4);
  size_t used = 0;
  int depth = 0;
  int tokens = 1;  // if all arguments that are pending were values
  while (true) {
    if (tree.nodes.size() < used + kListBatch + kListSlack) tree.nodes.resize(2 * used + kListBatch + kListSlack);
    ListNode* nodes = tree.nodes.data() + used;
    copy_run(shallow, count, nodes);
    int at = 0;
    while (at < count) {
      if (levels.level() == max_depth) {
        const int run = std::min(levels.left(), count - at);
        copy_run(deepest + at, run, nodes + at);
        levels.take_values(run);
        at += run;
        memcpy(nodes + at, shallow + at, sizeof(ListNode) * kListSlack);  // what the copy wrote beyond the run
      } else {
        const uint64_t next = operators >> at;
        const int values = next == 0 ? count - at : std::countr_zero(next);
        at += levels.take_values(values);
      }
      if (levels.done()) break;
      if (at == count || levels.level() == max_depth || (operators >> at & 1) == 0) continue;
      const int arguments = arguments_of(shallow[at++]);
      tokens += 1 + arguments;
      if (tokens > max_tokens) return false;  // it can only get longer
      levels.open(arguments);
      depth = std::max(depth, levels.level());
    }
    used += static_cast<size_t>(at);
    if (levels.done()) break;
    draw_nodes_(stream, block, false, rules_[place(row)], tree.batch);
    shallow = tree.batch.shallow;
    deepest = tree.batch.deepest;
    operators = operators_of(shallow);
    block += kListLanes;
    count = kListBatch;
  }
  tree.size = used;
  tree.tokens = tokens;
  tree.depth = depth;
  return tokens >= settings.min_tokens && depth >= settings.min_depth;
}

bool RejectionSampler::grow(size_t row, const ListStream& stream, const ListNode* shallow, const ListNode* deepest,
                            uint64_t operators, int count, ListTree& tree) const {
  const ListSettings& settings = settings_[place(row)];
  if (settings.max_depth <= PackedLevels::kMaxDepth && settings.max_arguments <= PackedLevels::kMaxArguments) {
    return walk(row, stream, shallow, deepest, operators, count, PackedLevels(), tree);
  }
  const auto levels = static_cast<size_t>(std::min(settings.max_depth, settings.max_tokens / 2)) + 2;
  if (tree.left.size() < levels) tree.left.resize(levels);
  return walk(row, stream, shallow, deepest, operators, count, ArrayLevels(tree.left.data()), tree);
}

bool RejectionSampler::draw(size_t row, uint32_t attempt, ListTree& tree) const {
  const ListStream from = stream(row, attempt);
  draw_nodes_(from, 0, false, rules_[place(row)], tree.batch);
  return grow(row, from, tree.batch.shallow, tree.batch.deepest, operators_of(tree.batch.shallow), kListBatch, tree);
}

// Most attempts end at their first node, so the first blocks of a batch of attempts are drawn together.
uint64_t RejectionSampler::search(size_t row, uint64_t attempt, uint64_t end, ListTree& tree) const {
  const ListSettings& settings = settings_[place(row)];
  const bool skip_values = settings.max_depth > 0 && (settings.min_tokens > 1 || settings.min_depth > 0);
  while (attempt < end) {
    ListStream from = stream(row, static_cast<uint32_t>(attempt));
    draw_nodes_(from, 0, true, rules_[place(row)], tree.first);
    const auto lanes = static_cast<int>(std::min<uint64_t>(kListLanes, end - attempt));
    const uint64_t operators = operators_of(tree.first.shallow);
    for (int l = 0; l < lanes; ++l, ++attempt, ++from.attempt) {
      const uint64_t own = operators >> 4 * l & 15;
      if (skip_values && (own & 1) == 0) continue;
      if (grow(row, from, tree.first.shallow + 4 * l, tree.first.deepest + 4 * l, own, 4, tree)) return attempt;
    }
  }
  return end;
}

}  // namespace synthkit
