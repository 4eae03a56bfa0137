// Which attempt each row takes, and the trees of attempts known.
#include <algorithm>
#include <atomic>

#include "cpu/listops.h"
#include "cpu/listops_measure.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kChunk = 8192;  // rows whose first candidates are found before the next rows see their hashes
constexpr size_t kRowsPerTask = 64;

struct Scratch {
  ListTree tree;
  std::vector<uint8_t> stack;
};

// How far one row's search has come.
struct Search {
  uint64_t next = 0;  // attempt to look at next
  uint64_t hash = 0;
  uint64_t window = 0, part = 0, value = 0, seen = 0;  // attempts that failed
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
    if (search.hash < rules.part_low || search.hash > rules.part_high) {
      ++search.part;
    } else if (wanted >= 0 && evaluate_tree(nodes, sampler.base(row), scratch.stack) != wanted) {
      ++search.value;
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
               [&](size_t task) { work(task, task * piece, std::min(rows, (task + 1) * piece)); });
}

}  // namespace

ChoiceFailure choose_attempts(const TreeSampler& sampler, const ChoiceRules& rules, HashSet& seen,
                              std::span<uint32_t> attempts, int threads) {
  std::vector<Search> searches(std::min(kChunk, attempts.size()));
  Scratch own;
  for (size_t first = 0; first < attempts.size(); first += kChunk) {
    const size_t rows = std::min(kChunk, attempts.size() - first);
    std::atomic<size_t> failed{rows};  // no row after it needs a search
    parallel_ranges(rows, kRowsPerTask, threads, [&](size_t, size_t begin, size_t end) {
      Scratch scratch;
      for (size_t i = begin; i < end && i < failed.load(); ++i) {
        searches[i] = Search{};
        if (!advance(sampler, rules, seen, first + i, searches[i], scratch)) lower(failed, i);
      }
    });
    // In the order of the rows: a candidate that an earlier row of the chunk has taken is passed over.
    for (size_t i = 0; i < rows; ++i) {
      Search& search = searches[i];
      bool found = i < failed.load();
      while (found && !seen.add(search.hash)) {
        ++search.seen;
        found = advance(sampler, rules, seen, first + i, search, own);
      }
      if (!found) {
        return {static_cast<int64_t>(first + i), search.window, search.part, search.value, search.seen};
      }
      attempts[first + i] = static_cast<uint32_t>(search.next - 1);
    }
  }
  return {};
}

int64_t draw_trees(const TreeSampler& sampler, std::span<const uint32_t> attempts, ListTrees& out, int threads) {
  const size_t rows = attempts.size();
  std::vector<std::vector<ListNode>> pieces((rows + kRowsPerTask - 1) / kRowsPerTask);
  std::atomic<size_t> refused{rows};
  parallel_ranges(rows, kRowsPerTask, threads, [&](size_t task, size_t begin, size_t end) {
    Scratch scratch;
    const ListTree& tree = scratch.tree;
    for (size_t i = begin; i < end && i < refused.load(); ++i) {
      if (!sampler.draw(i, attempts[i], scratch.tree)) {
        lower(refused, i);
        break;
      }
      const std::span<const ListNode> nodes(tree.nodes.data(), tree.size);
      pieces[task].insert(pieces[task].end(), nodes.begin(), nodes.end());
      out.set(i, nodes, tree.tokens, tree.depth, sampler.base(i), scratch.stack);
    }
  });
  if (refused.load() < rows) return static_cast<int64_t>(refused.load());
  for (size_t i = 0; i < rows; ++i) out.offsets[i + 1] += out.offsets[i];
  out.nodes.resize(static_cast<size_t>(out.offsets[rows]));
  parallel_for(pieces.size(), threads, [&](size_t task) {
    const auto start = out.offsets[task * kRowsPerTask];
    std::copy(pieces[task].begin(), pieces[task].end(), out.nodes.begin() + start);
    std::vector<ListNode>().swap(pieces[task]);
  });
  return -1;
}

}  // namespace synthkit
