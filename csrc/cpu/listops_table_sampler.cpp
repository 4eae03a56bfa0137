#include "cpu/listops_table_sampler.h"

#include <array>
#include <map>

#include "cpu/listops_measure.h"

namespace synthkit {

TableSampler::TableSampler(std::span<const ListSettings> settings, std::span<const TreeTables* const> tables,
                           std::span<const int32_t> table_of, uint64_t key, uint32_t split,
                           std::span<const uint32_t> index)
    : settings_(settings.begin(), settings.end()),
      key0_(static_cast<uint32_t>(key)),
      key1_(static_cast<uint32_t>(key >> 32)),
      split_(split),
      index_(index) {
  // A window is summed once for all rows that share it.
  std::map<std::array<int, 7>, uint32_t> known;
  const size_t rows = std::max(settings_.size(), table_of.size());
  kind_of_.resize(rows);
  for (size_t row = 0; row < rows; ++row) {
    const ListSettings& s = settings_[place(row)];
    const int table = table_of[table_of.size() == 1 ? 0 : row];
    const std::array<int, 7> kind{table, s.operators, s.base, s.min_depth, s.max_depth, s.min_tokens, s.max_tokens};
    const auto [found, is_new] = known.try_emplace(kind, static_cast<uint32_t>(kinds_.size()));
    if (is_new) {
      const TreeTables* of = tables[static_cast<size_t>(table)];
      kinds_.push_back(
          {of, of->window(s.min_depth, s.max_depth, s.min_tokens, s.max_tokens), TreeAlphabet(s.operators, s.base)});
    }
    kind_of_[row] = found->second;
    if (impossible_ < 0 && kinds_[found->second].window.empty()) impossible_ = static_cast<int64_t>(row);
  }
}

bool TableSampler::draw(size_t row, uint32_t attempt, ListTree& tree) const {
  const Kind& kind = kinds_[kind_of_[kind_of_.size() == 1 ? 0 : row]];
  const ListStream stream{key0_, key1_, index_[row], attempt, split_};
  tree.nodes.clear();
  if (!kind.tables->draw(stream, kind.window, kind.alphabet, tree.nodes)) return false;
  tree.size = tree.nodes.size();
  const ListShape shape = shape_of(tree.nodes, base(row), tree.left);
  tree.tokens = shape.tokens;
  tree.depth = shape.depth;
  return true;
}

}  // namespace synthkit
