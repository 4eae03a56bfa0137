// Ross's estimator. On a line it is sorting: a code is sorted once for all targets, each label's points are then taken
// in that order, a window of k + 1 of them slides along, and the other points within its radius lie next to its ends.
#include <algorithm>

#include "common/knn.h"
#include "cpu/knn.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

struct Entry {
  double value;
  int32_t row;
};

// One task's arrays, each of `rows`, 40 bytes a row in all, and one of the labels.
struct Scratch {
  std::vector<Entry> order;        // the code's rows by value
  std::vector<double> all;         // values of the rows whose label is shared, rising
  std::vector<double> grouped;     // the same, label after label
  std::vector<int32_t> position;   // of each grouped value in `all`
  std::vector<int32_t> histogram;  // [m]: points with m points within their radius
  std::vector<int32_t> next;       // where a label's next value goes
};

// The first index whose value is within r below x, near `guess`. `within` turns true once as the index grows and is
// true at `self`: doubling steps from the guess, then halving between.
int32_t first_within(const double* values, int32_t self, double x, double r, int32_t guess) {
  int32_t low = -1, high = self;  // not within (or before the start); within
  for (int32_t step = 1, at = std::min(guess, self - 1); low < at && at < high; step *= 2) {
    if (within(x, values[at], r)) {
      high = at;
      at -= std::min(step, at - low);
    } else {
      low = at;
      at += std::min(step, high - at);
    }
  }
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    (within(x, values[middle], r) ? high : low) = middle;
  }
  return high;
}

// The last index whose value is within r above x; the mirror image of first_within.
int32_t last_within(const double* values, int32_t count, int32_t self, double x, double r, int32_t guess) {
  int32_t low = self, high = count;
  for (int32_t step = 1, at = std::max(guess, self + 1); low < at && at < high; step *= 2) {
    if (within(values[at], x, r)) {
      low = at;
      at += std::min(step, high - at);
    } else {
      high = at;
      at -= std::min(step, at - low);
    }
  }
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    (within(values[middle], x, r) ? low : high) = middle;
  }
  return low;
}

void sort_code(const KnnCodes& codes, size_t model, size_t column, std::vector<Entry>& order) {
  order.resize(codes.rows);
  const double* from = codes.data + model * codes.rows * codes.columns + column;
  for (size_t i = 0; i < codes.rows; ++i) order[i] = {from[i * codes.columns], static_cast<int32_t>(i)};
  std::sort(order.begin(), order.end(), [](const Entry& a, const Entry& b) { return a.value < b.value; });
}

// Fills `all`, `grouped` and `position`; afterwards next[label] is the end of the label's group.
void group(const KnnLabels& target, Scratch& s) {
  const size_t rows = s.order.size();
  s.all.resize(rows);
  s.grouped.resize(rows);
  s.position.resize(rows);
  s.next.resize(target.counts.size());
  int32_t start = 0;
  for (size_t label = 0; label < target.counts.size(); ++label) {
    s.next[label] = start;
    start += target.counts[label] > 1 ? target.counts[label] : 0;
  }
  int32_t kept = 0;
  for (const Entry& entry : s.order) {
    const auto label = static_cast<size_t>(target.of_row[static_cast<size_t>(entry.row)]);
    if (target.counts[label] < 2) continue;
    const auto to = static_cast<size_t>(s.next[label]++);
    s.grouped[to] = s.all[static_cast<size_t>(kept)] = entry.value;
    s.position[to] = kept++;
  }
  s.all.resize(static_cast<size_t>(kept));
}

// Counts, for the `count` points of one label, all points within the distance to the k-th of the label.
void count_label(const double* own, const int32_t* position, int32_t count, int32_t k, Scratch& s) {
  const double* all = s.all.data();
  const auto total = static_cast<int32_t>(s.all.size());
  int32_t left = 0;  // the window is [left, left + k]
  for (int32_t i = 0; i < count; ++i) {
    const double x = own[i];
    while (left + k < i || nearer_on_right(own, left, k, count, x)) ++left;
    const double below = x - own[left], above = own[left + k] - x;
    const double r = toward_zero(larger(below, above));
    // An end that is nearer than the other one lies inside; one as far is just left out.
    const int32_t low = first_within(all, position[i], x, r, position[left] + (below < above ? 0 : 1));
    const int32_t high = last_within(all, total, position[i], x, r, position[left + k] - (above < below ? 0 : 1));
    ++s.histogram[static_cast<size_t>(high - low + 1)];
  }
}

double estimate(const KnnLabels& target, const KnnOptions& options, std::span<const double> psi, Scratch& s) {
  group(target, s);
  s.histogram.assign(psi.size(), 0);
  CarefulSum of_k{0.0, 0.0}, of_count{0.0, 0.0};
  for (size_t label = 0; label < target.counts.size(); ++label) {
    const int32_t count = target.counts[label];
    if (count < 2) continue;
    const int32_t k = std::min(options.neighbours, count - 1);
    const auto start = static_cast<size_t>(s.next[label] - count);
    count_label(&s.grouped[start], &s.position[start], count, k, s);
    of_k = add_psi(of_k, count, psi[static_cast<size_t>(k)]);
    of_count = add_psi(of_count, count, psi[static_cast<size_t>(count)]);
  }
  const auto n = static_cast<double>(s.all.size());
  const double mi =
      mi_ross(psi[s.all.size()], careful_total(of_k) / n, careful_total(of_count) / n, psi_sum(s.histogram, psi) / n);
  return options.clip ? larger(0.0, mi) : mi;
}

}  // namespace

void mi_discrete(const KnnCodes& codes, std::span<const KnnLabels> targets, const KnnOptions& options,
                 std::span<double> out) {
  const std::vector<double> psi = psi_table(codes.rows);
  parallel_for(codes.models * codes.columns, options.threads, [&](size_t task) {
    const size_t model = task / codes.columns, column = task % codes.columns;
    Scratch s;
    sort_code(codes, model, column, s.order);
    for (size_t t = 0; t < targets.size(); ++t) {
      out[(model * targets.size() + t) * codes.columns + column] = estimate(targets[t], options, psi, s);
    }
  });
}

}  // namespace synthkit
