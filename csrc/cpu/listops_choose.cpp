// Which attempt each row takes, with its tree or without, and the trees of attempts known.
#include <algorithm>
#include <atomic>

#include "cpu/listops.h"
#include "cpu/listops_measure.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kChunk = 8192;  // rows whose first candidates are found before the next rows see their hashes
constexpr size_t kKept = 1024;   // the same where trees are kept: they then stay in the cache until they are copied
constexpr size_t kRowsPerTask = 64;

struct Scratch {
  ListTree tree;
  EvaluationScratch stack;
};

// How far one row's search has come.
struct Search {
  uint64_t next = 0;  // attempt to look at next
  uint64_t hash = 0;
  int value = -1;                                             // where it was asked for
  uint64_t window = 0, part = 0, value_missed = 0, seen = 0;  // attempts that failed
};

// Moves on to the row's next candidate that is not in `seen`: true, with its attempt at next - 1; false: none is left.
bool advance(const TreeSampler& sampler, const ChoiceRules& rules, const HashSet& seen, size_t row, Search& search,
             Scratch& scratch) {
  const int wanted = rules.wanted.empty() ? -1 : rules.wanted[row];
  while (true) {
    const uint64_t found = sampler.search(row, search.next, rules.max_attempts, scratch.tree);
    search.window += found - search.next;
    if (found == rules.max_attempts) return false;
    search.next = found + 1;
    const std::span<const ListNode> nodes(scratch.tree.nodes.data(), scratch.tree.size);
    search.hash = hash_tree(nodes);
    search.value = -1;
    if (search.hash < rules.part_low || search.hash > rules.part_high) {
      ++search.part;
    } else if (wanted >= 0 && (search.value = evaluate_tree(nodes, sampler.base(row), scratch.stack)) != wanted) {
      ++search.value_missed;
    } else if (seen.contains(search.hash)) {
      ++search.seen;
    } else {
      return true;
    }
  }
}

void lower(std::atomic<size_t>& least, size_t row) {
  size_t now = least.load();
  while (row < now && !least.compare_exchange_weak(now, row)) {
  }
}

// Ranges of `piece` in [0, rows), shared out to threads.
template <typename Work>
void parallel_ranges(size_t rows, size_t piece, int threads, Work&& work) {
  parallel_for((rows + piece - 1) / piece, threads,
               [&](size_t task) { work(task * piece, std::min(rows, (task + 1) * piece)); });
}

// Where the trees of rows go as they are found, kKept rows at a time: into pieces that threads fill side by side, and
// from there to their place among all.
class TreeKeeper {
 public:
  TreeKeeper(const TreeSampler& sampler, size_t rows, ListTrees& out)
      : sampler_(sampler), rows_(rows), out_(out), pieces_((std::min(kKept, rows) + kRowsPerTask - 1) / kRowsPerTask) {}

  // Rows [first, first + kKept) are next.
  void start(size_t first) {
    first_ = first;
    for (std::vector<ListNode>& piece : pieces_) piece.clear();
  }

  // The tree in `scratch` becomes the row's; rows of a piece come in order.
  void add(size_t row, uint64_t hash, int value, Scratch& scratch) {
    const std::span<const ListNode> nodes = measure(row, hash, value, scratch);
    std::vector<ListNode>& piece = piece_of(row);
    piece.insert(piece.end(), nodes.begin(), nodes.end());
  }

  // The same for a row that has a tree already; the rows after it in its piece have theirs.
  void replace(size_t row, uint64_t hash, int value, Scratch& scratch) {
    std::vector<ListNode>& piece = piece_of(row);
    auto begin = piece.begin();
    for (size_t i = row - (row - first_) % kRowsPerTask; i < row; ++i) begin += out_.offsets[i + 1];
    begin = piece.erase(begin, begin + out_.offsets[row + 1]);
    const std::span<const ListNode> nodes = measure(row, hash, value, scratch);
    piece.insert(begin, nodes.begin(), nodes.end());
  }

  // Copies the rows before `end` that were not yet.
  void finish(size_t end) {
    size_t size = out_.nodes.size();
    for (const std::vector<ListNode>& piece : pieces_) size += piece.size();
    if (out_.nodes.capacity() < size) {
      // If the rows still to come are as long as those so far, the nodes are not copied once more.
      out_.nodes.reserve(size + size / 32 + size / end * (rows_ - end));
    }
    for (const std::vector<ListNode>& piece : pieces_) out_.nodes.insert(out_.nodes.end(), piece.begin(), piece.end());
    for (size_t i = first_; i < end; ++i) out_.offsets[i + 1] += out_.offsets[i];
  }

 private:
  std::vector<ListNode>& piece_of(size_t row) { return pieces_[(row - first_) / kRowsPerTask]; }

  std::span<const ListNode> measure(size_t row, uint64_t hash, int value, Scratch& scratch) {
    const ListTree& tree = scratch.tree;
    const std::span<const ListNode> nodes(tree.nodes.data(), tree.size);
    if (value < 0) value = evaluate_tree(nodes, sampler_.base(row), scratch.stack);
    out_.set(row, nodes, tree.tokens, tree.depth, value, hash);
    return nodes;
  }

  const TreeSampler& sampler_;
  size_t rows_;
  ListTrees& out_;
  std::vector<std::vector<ListNode>> pieces_;
  size_t first_ = 0;
};

// choose_attempts, with the trees kept where `keeper` is not null.
ChoiceFailure choose(const TreeSampler& sampler, const ChoiceRules& rules, HashSet& seen, std::span<uint32_t> attempts,
                     TreeKeeper* keeper, int threads) {
  const size_t chunk = keeper == nullptr ? kChunk : kKept;
  std::vector<Search> searches(std::min(chunk, attempts.size()));
  Scratch own;
  for (size_t first = 0; first < attempts.size(); first += chunk) {
    const size_t rows = std::min(chunk, attempts.size() - first);
    std::atomic<size_t> failed{rows};  // no row after it needs a search
    if (keeper != nullptr) keeper->start(first);
    parallel_ranges(rows, kRowsPerTask, threads, [&](size_t begin, size_t end) {
      Scratch scratch;
      for (size_t i = begin; i < end && i < failed.load(); ++i) {
        searches[i] = Search{};
        if (!advance(sampler, rules, seen, first + i, searches[i], scratch)) {
          lower(failed, i);
        } else if (keeper != nullptr) {
          keeper->add(first + i, searches[i].hash, searches[i].value, scratch);
        }
      }
    });
    // In the order of the rows: a candidate that an earlier row of the chunk has taken is passed over.
    for (size_t i = 0; i < rows; ++i) {
      Search& search = searches[i];
      bool found = i < failed.load(), is_first = true;
      while (found && !seen.add(search.hash)) {
        ++search.seen;
        is_first = false;
        found = advance(sampler, rules, seen, first + i, search, own);
      }
      if (!found) {
        return {static_cast<int64_t>(first + i), search.window, search.part, search.value_missed, search.seen};
      }
      if (keeper != nullptr && !is_first) keeper->replace(first + i, search.hash, search.value, own);
      attempts[first + i] = static_cast<uint32_t>(search.next - 1);
    }
    if (keeper != nullptr) keeper->finish(first + rows);
  }
  return {};
}

}  // namespace

ChoiceFailure choose_attempts(const TreeSampler& sampler, const ChoiceRules& rules, HashSet& seen,
                              std::span<uint32_t> attempts, int threads) {
  return choose(sampler, rules, seen, attempts, nullptr, threads);
}

ChoiceFailure sample_trees(const TreeSampler& sampler, const ChoiceRules& rules, HashSet& seen,
                           std::span<uint32_t> attempts, ListTrees& out, int threads) {
  TreeKeeper keeper(sampler, attempts.size(), out);
  return choose(sampler, rules, seen, attempts, &keeper, threads);
}

int64_t draw_trees(const TreeSampler& sampler, std::span<const uint32_t> attempts, ListTrees& out, int threads) {
  TreeKeeper keeper(sampler, attempts.size(), out);
  for (size_t first = 0; first < attempts.size(); first += kKept) {
    const size_t rows = std::min(kKept, attempts.size() - first);
    std::atomic<size_t> refused{rows};
    keeper.start(first);
    parallel_ranges(rows, kRowsPerTask, threads, [&](size_t begin, size_t end) {
      Scratch scratch;
      for (size_t i = begin; i < end && i < refused.load(); ++i) {
        if (!sampler.draw(first + i, attempts[first + i], scratch.tree)) return lower(refused, i);
        keeper.add(first + i, hash_tree({scratch.tree.nodes.data(), scratch.tree.size}), -1, scratch);
      }
    });
    if (refused.load() < rows) return static_cast<int64_t>(first + refused.load());
    keeper.finish(first + rows);
  }
  return -1;
}

}  // namespace synthkit
