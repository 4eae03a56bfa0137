// Draws ListOps trees: one sampler draws the tree of a row and an attempt; choose_attempts and draw_trees ask it for
// the rows of a call, on any number of threads and with the same result for each.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/listops.h"
#include "cpu/hash_set.h"
#include "cpu/listops_kernel.h"

namespace synthkit {

// What a row's trees are like; checked by the caller.
struct ListSettings {
  int operators;                     // bit mask, not 0
  uint64_t operator_threshold;       // T = operator_probability * 2^32, 0 to 2^32
  int min_arguments, max_arguments;  // 1 to 255
  int base;                          // 2 to 256
  int min_depth, max_depth;
  int min_tokens, max_tokens;
};

// The settings as a word becomes a node by; and who does that on this machine.
ListRules list_rules(const ListSettings& settings);
DrawListNodes list_node_kernel();

// A tree and the memory that drawing it needs; one a thread, used again and again.
struct ListTree {
  std::vector<ListNode> nodes;  // the first `size`, in prefix order
  size_t size = 0;
  int tokens = 0;
  int depth = 0;
  std::vector<uint8_t> left;  // scratch
  ListNodeBatch batch;        // scratch
  ListNodeBatch first;        // scratch
};

// Something that draws the tree of a row and an attempt: a pure function of both, called by many threads at once.
class TreeSampler {
 public:
  TreeSampler() = default;
  TreeSampler(const TreeSampler&) = delete;
  TreeSampler& operator=(const TreeSampler&) = delete;
  virtual ~TreeSampler() = default;

  // Sets nodes, size, tokens and depth of `tree`; false where the row does not accept this attempt.
  virtual bool draw(size_t row, uint32_t attempt, ListTree& tree) const = 0;

  // The first accepted attempt in [attempt, end), with its tree; `end` where there is none. end <= 2^32.
  virtual uint64_t search(size_t row, uint64_t attempt, uint64_t end, ListTree& tree) const;

  // The base of the row's values.
  virtual int base(size_t row) const = 0;
};

// Draws from the node rules and rejects what is out of the row's window: the distribution given the window, exactly.
class RejectionSampler : public TreeSampler {
 public:
  // settings: one for all rows or one each.
  RejectionSampler(std::span<const ListSettings> settings, uint64_t key, uint32_t split,
                   std::span<const uint32_t> index);

  bool draw(size_t row, uint32_t attempt, ListTree& tree) const override;
  uint64_t search(size_t row, uint64_t attempt, uint64_t end, ListTree& tree) const override;
  int base(size_t row) const override { return settings_[place(row)].base; }

 private:
  size_t place(size_t row) const { return settings_.size() == 1 ? 0 : row; }
  ListStream stream(size_t row, uint32_t attempt) const;
  bool grow(size_t row, const ListStream& stream, const ListNode* shallow, const ListNode* deepest, uint64_t operators,
            int count, ListTree& tree) const;
  template <typename Levels>
  bool walk(size_t row, const ListStream& stream, const ListNode* shallow, const ListNode* deepest, uint64_t operators,
            int count, Levels levels, ListTree& tree) const;

  std::vector<ListSettings> settings_;
  std::vector<ListRules> rules_;
  uint32_t key0_, key1_, split_;
  std::span<const uint32_t> index_;
  DrawListNodes draw_nodes_;
};

struct ChoiceRules {
  uint64_t part_low, part_high;     // accepted hashes, both ends included
  std::span<const int32_t> wanted;  // a value a row, -1 for any; empty for any everywhere
  uint64_t max_attempts;            // 1 to 2^32
};

// Why attempts of the row that found nothing failed; each counts under the first that holds.
struct ChoiceFailure {
  int64_t row = -1;  // -1: all rows found an attempt
  uint64_t window = 0, part = 0, value = 0, seen = 0;
};

// attempts[i] becomes row i's first attempt that is accepted by the sampler, whose hash is in the part and not in
// `seen`, and which has the wanted value; its hash is then added to `seen` before row i + 1 is looked at. Stops at the
// first row that finds nothing in max_attempts attempts.
ChoiceFailure choose_attempts(const TreeSampler& sampler, const ChoiceRules& rules, HashSet& seen,
                              std::span<uint32_t> attempts, int threads);

// Trees of many rows, one after the other.
struct ListRows {
  std::span<const ListNode> nodes;
  std::span<const int64_t> offsets;  // [n + 1]
  size_t size() const { return offsets.size() - 1; }
  std::span<const ListNode> row(size_t i) const {
    return nodes.subspan(static_cast<size_t>(offsets[i]), static_cast<size_t>(offsets[i + 1] - offsets[i]));
  }
};

// The same with the trees' measures.
struct ListTrees {
  std::vector<ListNode> nodes;
  std::vector<int64_t> offsets;  // [n + 1]
  std::vector<int32_t> value, depth, tokens, operators, root;
  std::vector<uint64_t> hash;

  explicit ListTrees(size_t rows);
  // Sets what row i has but its place: the length of its nodes goes to offsets[i + 1].
  void set(size_t i, std::span<const ListNode> tree, int tokens_, int depth_, int value_, uint64_t hash_);
};

// choose_attempts, and the trees of the attempts (of all rows, or none that are of use).
// Beside the nodes, memory for the trees of 1024 rows; rows far longer than those before them take twice their memory.
ChoiceFailure sample_trees(const TreeSampler& sampler, const ChoiceRules& rules, HashSet& seen,
                           std::span<uint32_t> attempts, ListTrees& out, int threads);

// The trees of the given attempts, with the same memory. Returns the first row whose attempt is not accepted, -1 if all
// are.
int64_t draw_trees(const TreeSampler& sampler, std::span<const uint32_t> attempts, ListTrees& out, int threads);

}  // namespace synthkit
