// Trees of exact depth and length behind the same seam as the rejection sampler: every attempt is accepted.
#pragma once

#include <span>
#include <vector>

#include "cpu/listops.h"
#include "cpu/listops_tables.h"

namespace synthkit {

// Draws the tree of a row from the tables that the row names, given that its depth and length lie in the row's window.
class TableSampler : public TreeSampler {
 public:
  // settings: one for all rows or one each; table_of: the row's place in `tables`, one for all rows or one each.
  TableSampler(std::span<const ListSettings> settings, std::span<const TreeTables* const> tables,
               std::span<const int32_t> table_of, uint64_t key, uint32_t split, std::span<const uint32_t> index);

  // The first row whose window holds no tree, -1 if there is none.
  int64_t impossible() const { return impossible_; }

  bool draw(size_t row, uint32_t attempt, ListTree& tree) const override;
  int base(size_t row) const override { return settings_[place(row)].base; }

 private:
  // What rows with the same settings share.
  struct Kind {
    const TreeTables* tables;
    TreeWindow window;
    TreeAlphabet alphabet;
  };

  size_t place(size_t row) const { return settings_.size() == 1 ? 0 : row; }

  std::vector<ListSettings> settings_;
  std::vector<Kind> kinds_;
  std::vector<uint32_t> kind_of_;  // one for all rows or one each
  int64_t impossible_ = -1;
  uint32_t key0_, key1_, split_;
  std::span<const uint32_t> index_;
};

}  // namespace synthkit
