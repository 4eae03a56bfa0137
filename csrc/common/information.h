// Terms of entropies and of mutual information, from exact counts.
#pragma once

#include "common/config.h"
#include "common/elementary.h"

namespace synthkit {

// Natural logarithm of a count >= 1.
SK_HD double log_count(int64_t n) { return log2_exact(double(n)) * 0.6931471805599453; }

// Logarithms of counts below `size`, looked up; those of larger ones are worked out. Both are the same bits.
constexpr int64_t kMostLogs = int64_t{1} << 16;
struct LogTable {
  const double* logs;
  int64_t size;
};
SK_HD double look_up_log(const LogTable& table, int64_t n) { return n < table.size ? table.logs[n] : log_count(n); }

// n ln n; 0 at 0, since such a cell adds nothing to an entropy.
SK_HD double count_times_log(const LogTable& table, int64_t n) {
  return n == 0 ? 0.0 : double(n) * look_up_log(table, n);
}

// Sums of n ln n over the cells of a table and over its margins, and how many of the margins' counts are not 0.
struct PairSums {
  double joint, a, b;
  int64_t a_occupied, b_occupied;
};

// I = (sum of n_ij ln n_ij - sum of a_i ln a_i - sum of b_j ln b_j + n ln n) / n; `whole` is n ln n.
SK_HD double plug_in_of(const PairSums& sums, double whole, int64_t n) {
  if (sums.a_occupied < 2 || sums.b_occupied < 2) return 0.0;  // exactly, whatever rounding says
  const double found = ((sums.joint - sums.a) - sums.b + whole) / double(n);
  return found < 0.0 ? 0.0 : found;
}

// What one cell of a table with margins a and b, of n rows in all, adds to the plug-in mutual information on average
// over all permutations of the rows (Vinh, Epps and Bailey 2010, eq. 24): the sum over the hypergeometric law of x of
// x / n ln(n x / (a b)), in nats. The law is built outward from its mode by its ratios and divided by its own sum:
// no factorials, which lose digits at large n.
// log_of(x) is the natural logarithm of a whole number >= 1: a caller with many cells looks it up.
template <typename Log>
SK_HD double expected_cell_information(int64_t a, int64_t b, int64_t n, const Log& log_of) {
  if (a <= 0 || b <= 0) return 0.0;
  const int64_t least = a + b - n > 0 ? a + b - n : 0;
  const int64_t most = a < b ? a : b;
  int64_t mode = int64_t((double(a) + 1.0) * (double(b) + 1.0) / (double(n) + 2.0));
  mode = mode < least ? least : (mode > most ? most : mode);
  const double scale = log_of(n) - log_of(a) - log_of(b);  // ln(n / (a b))
  const double kNegligible = 1e-20;
  double total = 0.0, sum = 0.0;
  double weight = 1.0;
  for (int64_t x = mode; x <= most && weight > kNegligible; ++x) {
    total += weight;
    if (x > 0) sum += weight * double(x) * (log_of(x) + scale);
    weight *= (double(a - x) * double(b - x)) / (double(x + 1) * double(n - a - b + x + 1));
  }
  weight = 1.0;
  for (int64_t x = mode; x > least; --x) {
    weight *= (double(x) * double(n - a - b + x)) / (double(a - x + 1) * double(b - x + 1));
    if (!(weight > kNegligible)) break;
    total += weight;
    if (x > 1) sum += weight * double(x - 1) * (log_of(x - 1) + scale);
  }
  return sum / total / double(n);
}

// The same for all cells whose margins are so many each: equal margins give equal terms.
SK_HD double expected_term(int64_t a, uint64_t a_times, int64_t b, uint64_t b_times, int64_t n, const LogTable& table) {
  const auto log = [&table](int64_t x) { return look_up_log(table, x); };
  return double(a_times * b_times) * expected_cell_information(a, b, n, log);
}

}  // namespace synthkit
