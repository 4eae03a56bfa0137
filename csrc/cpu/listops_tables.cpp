#include "cpu/listops_tables.h"

#include <algorithm>
#include <stdexcept>

namespace synthkit {

namespace {

// No deeper tree has max_tokens tokens or fewer: each operator of a chain adds min_args + 1.
int deepest(const TreeSettings& s) { return std::min(s.max_depth, (s.max_tokens - 1) / (s.min_args + 1)); }

// Last levels of the two families, -1 for none.
int last_inner(const TreeSettings& s) { return std::min(s.max_depth - 1, deepest(s)); }
int last_full(const TreeSettings& s) { return deepest(s) == s.max_depth ? s.max_depth : -1; }

WeightRow single(double weight) { return WeightRow({Weight{0.0, 0}, weight_of(weight, 0)}); }

// q sum_k forests[k](L - 2), with `value` at L = 1; k from min_args, ascending.
WeightRow parents(const std::vector<WeightRow>& forests, const TreeSettings& s, double choice, double value) {
  int least = 0, most = 0;
  for (const WeightRow& forest : forests) {
    least = std::min(least, forest.least());
    most = std::max(most, forest.most());
  }
  WeightSums sums(s.max_tokens, least, most);
  for (int k = s.min_args; k <= s.max_args; ++k) {
    const WeightRow& forest = forests[size_t(k - 1)];
    const int end = std::min(forest.end(), s.max_tokens - 1);
    for (int n = forest.begin(); n < end; ++n) sums.add(n + 2, forest.at(n));
  }
  std::vector<Weight> weights = sums.finish(choice);
  weights[1] = weight_of(value, 0);
  return WeightRow(std::move(weights));
}

}  // namespace

TreeAlphabet::TreeAlphabet(int mask, int value_base) : operators{}, count(0), base(uint32_t(value_base)) {
  for (int op = 0; op < kListOperators; ++op) {
    if (mask >> op & 1) operators[count++] = uint8_t(op);
  }
}

double TreeTables::bytes(const TreeSettings& s) {
  const auto family = [&](int last) {
    double total = 0.0, longest = 1.0;
    for (int r = 0; r < last; ++r) {
      for (int k = 1; k <= s.max_args; ++k) total += std::min(k * longest, double(s.max_tokens)) + 1;
      longest = std::min(2.0 + s.max_args * longest, double(s.max_tokens));
    }
    return total;
  };
  constexpr double kEntry = sizeof(double) + sizeof(int16_t);
  return 2 * kEntry * (family(last_inner(s)) + family(last_full(s)));
}

TreeTables::TreeTables(const TreeSettings& settings)
    : settings_(settings),
      leaf_(1.0 - settings.operator_probability),
      choice_(settings.operator_probability / (settings.max_args - settings.min_args + 1)) {
  const bool good =
      1 <= settings.min_args && settings.min_args <= settings.max_args && settings.max_args <= kMaxTreeArguments &&
      settings.operator_probability >= 0.0 && settings.operator_probability <= 1.0 &&
      (settings.operator_probability == 0.0 || settings.operator_probability >= 1e-30) && 0 <= settings.max_depth &&
      settings.max_depth <= 512 && 1 <= settings.max_tokens && settings.max_tokens <= 4096;
  if (!good) throw std::invalid_argument("tree settings out of range");
  inner_ = build(leaf_, last_inner(settings));
  full_ = build(1.0, last_full(settings));
}

TreeTables::Family TreeTables::build(double bottom, int last) const {
  Family family;
  for (int r = 0; r <= last; ++r) {
    Level level;
    if (r == 0) {
      level.any.push_back(single(bottom));
      level.exact.push_back(single(bottom));
    } else {
      level.any.push_back(parents(family.back().any, settings_, choice_, leaf_));
      level.exact.push_back(parents(family.back().exact, settings_, choice_, 0.0));
    }
    if (r < last) {
      const Family& below = inner_.empty() ? family : inner_;  // the first family is its own while it is built
      add_forests(r == 0 ? nullptr : &below[size_t(r - 1)].any[0], level);
    }
    family.push_back(std::move(level));
  }
  return family;
}

// shorter: weights of trees that end above the level; none at level 0.
void TreeTables::add_forests(const WeightRow* shorter, Level& level) const {
  static const WeightRow kNone;
  const WeightRow& below = shorter == nullptr ? kNone : *shorter;
  const int limit = std::max(settings_.max_tokens - 2, 0);  // tokens left below the root
  const auto range = [&](const WeightRow& a, const WeightRow& b, auto pick) { return pick(a) + pick(b); };
  const auto least = [](const WeightRow& row) { return row.least(); };
  const auto most = [](const WeightRow& row) { return row.most(); };
  for (int k = 2; k <= settings_.max_args; ++k) {
    const WeightRow &any = level.any.back(), &exact = level.exact.back();
    const WeightRow &any_one = level.any[0], &exact_one = level.exact[0];
    WeightSums any_sums(limit, range(any_one, any, least), range(any_one, any, most));
    WeightSums exact_sums(limit, std::min(range(exact_one, any, least), range(below, exact, least)),
                          std::max(range(exact_one, any, most), range(below, exact, most)));
    for (int l = 1; l <= limit; ++l) {
      any_sums.add_shifted(any_one, l, any);
      exact_sums.add_shifted(exact_one, l, any);
      exact_sums.add_shifted(below, l, exact);
    }
    WeightRow next_any(any_sums.finish(1.0)), next_exact(exact_sums.finish(1.0));
    level.any.push_back(std::move(next_any));
    level.exact.push_back(std::move(next_exact));
  }
}

Weight TreeTables::weight(int depth, int tokens) const {
  const Family& family = depth == settings_.max_depth ? full_ : inner_;
  if (depth < 0 || depth >= int(family.size()) || tokens < 1) return {0.0, 0};
  return family[size_t(depth)].exact[0].at(tokens);
}

}  // namespace synthkit
