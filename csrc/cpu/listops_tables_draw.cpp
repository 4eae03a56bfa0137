#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>

#include "cpu/listops_tables.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kChunk = 256;  // rows

// The words of a stream in order.
class Words {
 public:
  explicit Words(const ListStream& stream) : stream_(stream) {}

  uint32_t next() {
    const uint32_t place = used_++ % 4;
    if (place == 0) block_ = list_block(stream_, used_ / 4);
    return place < 2 ? (place == 0 ? block_.w0 : block_.w1) : (place == 2 ? block_.w2 : block_.w3);
  }

  uint32_t below(uint32_t n) { return uint32_t((uint64_t{next()} * n) >> 32); }

  // In [0, 1), a multiple of 2^-53.
  double uniform() {
    const uint64_t high = next();
    return double((high << 32 | next()) >> 11) * 0x1p-53;
  }

 private:
  ListStream stream_;
  PhiloxBlock block_{};
  uint32_t used_ = 0;
};

// `trees` trees of a level side by side that are still to be drawn, with `tokens` tokens together.
struct Forest {
  const TreeTables::Family* family;
  int level, trees, tokens;
  bool exact;  // one or more of them must reach the depth
};

struct Child {
  int tokens = 0;
  bool exact = false, shorter = false;  // reaches the depth; must not reach it
};

// Adds terms until they exceed what was drawn; else, by the rounding of the total, the last one that has weight.
class Wheel {
 public:
  Wheel(double uniform, Weight total) : target_(uniform * total.m), x_(total.x) {}

  bool stops(Weight a, Weight b) {
    const double term = weight_term(a.m * b.m, a.x + b.x - x_);
    sum_ += term;
    has_weight_ = term > 0.0;
    return sum_ > target_;
  }

  bool has_weight() const { return has_weight_; }

 private:
  double target_, sum_ = 0.0;
  int x_;
  bool has_weight_ = false;
};

// The first place whose running sum exceeds uniform * total; else, by rounding, the first that has the total.
int draw_place(double uniform, std::span<const double> running) {
  const double total = running.back();
  auto found = std::upper_bound(running.begin(), running.end(), uniform * total);
  if (found == running.end()) found = std::lower_bound(running.begin(), running.end(), total);
  return int(found - running.begin());
}

int draw_argument_count(double uniform, const std::vector<WeightRow>& forests, int tokens, const TreeSettings& s) {
  const auto count = size_t(s.max_args - s.min_args + 1);
  std::array<Weight, kMaxTreeArguments> weights;
  std::array<double, kMaxTreeArguments> running;
  int x = INT_MIN;
  for (size_t i = 0; i < count; ++i) {
    weights[i] = forests[size_t(s.min_args - 1) + i].at(tokens);
    if (weights[i].m != 0.0) x = std::max(x, weights[i].x);
  }
  double sum = 0.0;
  for (size_t i = 0; i < count; ++i) {
    if (weights[i].m != 0.0) sum += weight_term(weights[i].m, weights[i].x - x);
    running[i] = sum;
  }
  return s.min_args + draw_place(uniform, {running.data(), count});
}

Child draw_any_child(double uniform, const Forest& forest) {
  const std::vector<WeightRow>& any = (*forest.family)[size_t(forest.level)].any;
  const WeightRow &one = any[0], &rest = any[size_t(forest.trees - 2)];
  Wheel wheel(uniform, any[size_t(forest.trees - 1)].at(forest.tokens));
  Child last;
  for (int l = one.begin(); l < forest.tokens; ++l) {
    if (wheel.stops(one.at(l), rest.at(forest.tokens - l))) return {l};
    if (wheel.has_weight()) last = {l};
  }
  return last;
}

// The child that is drawn reaches the depth and the others may, or it does not and one of the others must.
Child draw_exact_child(double uniform, const Forest& forest, const TreeTables::Family& inner) {
  static const WeightRow kNone;
  const TreeTables::Level& level = (*forest.family)[size_t(forest.level)];
  const size_t rest = size_t(forest.trees - 2);
  const WeightRow& one = level.exact[0];
  const WeightRow& shorter = forest.level == 0 ? kNone : inner[size_t(forest.level - 1)].any[0];
  Wheel wheel(uniform, level.exact[rest + 1].at(forest.tokens));
  Child last;
  for (int l = 1; l < forest.tokens; ++l) {
    const Child reaching{l, true, false}, staying{l, false, true};
    if (wheel.stops(one.at(l), level.any[rest].at(forest.tokens - l))) return reaching;
    if (wheel.has_weight()) last = reaching;
    if (wheel.stops(shorter.at(l), level.exact[rest].at(forest.tokens - l))) return staying;
    if (wheel.has_weight()) last = staying;
  }
  return last;
}

Child next_child(Words& words, const Forest& forest, const TreeTables::Family& inner) {
  if (forest.trees == 1) return {forest.tokens, forest.exact, false};
  if (forest.trees == forest.tokens) return {1};  // values only, and then all at one level
  const double uniform = words.uniform();
  return forest.exact ? draw_exact_child(uniform, forest, inner) : draw_any_child(uniform, forest);
}

}  // namespace

TreeWindow TreeTables::window(int min_depth, int max_depth, int min_tokens, int max_tokens) const {
  const int deepest = int(std::max(inner_.size(), full_.size())) - 1;
  TreeWindow window{std::max(min_depth, 0),
                    std::min(max_depth, deepest),
                    std::max(min_tokens, 1),
                    std::min(max_tokens, settings_.max_tokens),
                    {}};
  std::vector<Weight> weights;
  int x = INT_MIN;
  for (int depth = window.min_depth; depth <= window.max_depth; ++depth) {
    for (int tokens = window.min_tokens; tokens <= window.max_tokens; ++tokens) {
      weights.push_back(weight(depth, tokens));
      if (weights.back().m != 0.0) x = std::max(x, weights.back().x);
    }
  }
  double sum = 0.0;
  window.sums.reserve(weights.size());
  for (const Weight& weight : weights) {
    if (weight.m != 0.0) sum += weight_term(weight.m, weight.x - x);
    window.sums.push_back(sum);
  }
  return window;
}

bool TreeTables::draw(const ListStream& stream, const TreeWindow& window, const TreeAlphabet& alphabet,
                      std::vector<ListNode>& out) const {
  if (window.empty()) return false;
  Words words(stream);
  const int place = draw_place(words.uniform(), window.sums), width = window.max_tokens - window.min_tokens + 1;
  const int depth = window.min_depth + place / width, tokens = window.min_tokens + place % width;
  std::vector<Forest> open{{depth == settings_.max_depth ? &full_ : &inner_, depth, 1, tokens, true}};
  while (!open.empty()) {
    Forest& forest = open.back();
    const Child child = next_child(words, forest, inner_);
    const Forest parent = forest;
    forest.trees -= 1;
    forest.tokens -= child.tokens;
    forest.exact = forest.exact && !child.exact;
    if (forest.trees == 0) open.pop_back();
    if (child.tokens == 1) {
      out.push_back(ListNode(words.below(alphabet.base)));
      continue;
    }
    const TreeTables::Family& family = child.shorter ? inner_ : *parent.family;
    const int below = parent.level - (child.shorter ? 2 : 1);
    const Level& level = family[size_t(below)];
    const int arguments =
        draw_argument_count(words.uniform(), child.exact ? level.exact : level.any, child.tokens - 2, settings_);
    out.push_back(operator_node(alphabet.operators[words.below(alphabet.count)], arguments));
    open.push_back({&family, below, arguments, child.tokens - 2, child.exact});
  }
  return true;
}

int64_t draw_from_tables(const TreeTables& tables, std::span<const TreeRow> rows, uint64_t key, uint32_t split,
                         std::vector<ListNode>& nodes, std::span<int64_t> offsets, int threads) {
  const size_t chunks = (rows.size() + kChunk - 1) / kChunk;
  std::vector<std::vector<ListNode>> drawn(chunks);
  std::vector<int64_t> impossible(chunks, -1);
  parallel_for(chunks, threads, [&](size_t chunk) {
    TreeWindow window;
    const TreeRow* last = nullptr;  // whose window it is
    std::vector<ListNode>& out = drawn[chunk];
    for (size_t i = chunk * kChunk; i < std::min(rows.size(), (chunk + 1) * kChunk); ++i) {
      const TreeRow& row = rows[i];
      const bool same = last != nullptr && row.min_depth == last->min_depth && row.max_depth == last->max_depth &&
                        row.min_tokens == last->min_tokens && row.max_tokens == last->max_tokens;
      if (!same) window = tables.window(row.min_depth, row.max_depth, row.min_tokens, row.max_tokens);
      last = &row;
      const ListStream stream{uint32_t(key), uint32_t(key >> 32), row.index, row.attempt, split};
      const size_t before = out.size();
      if (!tables.draw(stream, window, TreeAlphabet(row.operators, row.base), out)) {
        impossible[chunk] = int64_t(i);
        return;
      }
      offsets[i + 1] = int64_t(out.size() - before);
    }
  });
  for (const int64_t row : impossible) {
    if (row >= 0) return row;
  }
  offsets[0] = 0;
  for (size_t i = 0; i < rows.size(); ++i) offsets[i + 1] += offsets[i];
  nodes.reserve(size_t(offsets[rows.size()]));
  for (const std::vector<ListNode>& some : drawn) nodes.insert(nodes.end(), some.begin(), some.end());
  return -1;
}

}  // namespace synthkit
