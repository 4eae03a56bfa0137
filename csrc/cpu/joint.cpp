#include "cpu/joint.h"

#include <algorithm>
#include <map>
#include <vector>

#include "common/information.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kBlock = 2048;
// Tables up to this many cells are counted in four copies: two rows of the same cell need not wait for each other.
constexpr size_t kCopiedCells = 2048;
constexpr size_t kCopies = 4;

// ln n of counts.
class CountLogs {
 public:
  explicit CountLogs(size_t rows) : logs_(std::min(rows + 1, static_cast<size_t>(kMostLogs))) {
    for (size_t n = 1; n < logs_.size(); ++n) logs_[n] = log_count(static_cast<int64_t>(n));
  }
  LogTable table() const { return {logs_.data(), static_cast<int64_t>(logs_.size())}; }

 private:
  std::vector<double> logs_;
};

struct Margins {
  std::vector<uint64_t> a, b;
};

Margins margins_of(std::span<const uint32_t> table, size_t a_size, size_t b_size) {
  Margins margins{std::vector<uint64_t>(a_size), std::vector<uint64_t>(b_size)};
  for (size_t i = 0; i < a_size; ++i) {
    for (size_t j = 0; j < b_size; ++j) {
      margins.a[i] += table[i * b_size + j];
      margins.b[j] += table[i * b_size + j];
    }
  }
  return margins;
}

// Each count that occurs, with how often.
std::map<uint64_t, uint64_t> tally(const std::vector<uint64_t>& counts) {
  std::map<uint64_t, uint64_t> found;
  for (const uint64_t count : counts) {
    if (count > 0) ++found[count];
  }
  return found;
}

double expected_information(const Margins& margins, size_t rows, const LogTable& logs) {
  const auto a_counts = tally(margins.a), b_counts = tally(margins.b);
  double sum = 0.0;
  for (const auto& [a, a_times] : a_counts) {
    for (const auto& [b, b_times] : b_counts) {
      sum += expected_term(int64_t(a), a_times, int64_t(b), b_times, int64_t(rows), logs);
    }
  }
  return std::max(sum, 0.0);
}

int64_t occupied(std::span<const uint64_t> counts) {
  return static_cast<int64_t>(counts.size()) - std::count(counts.begin(), counts.end(), uint64_t{0});
}

double plug_in_information(std::span<const uint32_t> table, const Margins& margins, size_t rows, const LogTable& logs) {
  PairSums sums{0.0, 0.0, 0.0, occupied(margins.a), occupied(margins.b)};
  for (const uint32_t n : table) sums.joint += count_times_log(logs, n);
  for (const uint64_t n : margins.a) sums.a += count_times_log(logs, static_cast<int64_t>(n));
  for (const uint64_t n : margins.b) sums.b += count_times_log(logs, static_cast<int64_t>(n));
  const auto all = static_cast<int64_t>(rows);
  return plug_in_of(sums, count_times_log(logs, all), all);
}

int64_t freedom_of(std::span<const uint32_t> table, const Margins& margins) {
  const int64_t cells = static_cast<int64_t>(table.size()) - std::count(table.begin(), table.end(), 0u);
  return cells - occupied(margins.a) - occupied(margins.b) + 1;
}

}  // namespace

void joint_counts(const uint16_t* a, const uint16_t* b, size_t rows, size_t a_size, size_t b_size,
                  std::span<uint32_t> table) {
  const size_t cells = a_size * b_size;
  const size_t copies = cells <= kCopiedCells ? kCopies : 1;
  std::vector<uint32_t> counts(cells * copies);
  uint32_t* copy[kCopies];
  for (size_t c = 0; c < kCopies; ++c) copy[c] = counts.data() + (c % copies) * cells;
  uint32_t cell[kBlock];
  const auto width = static_cast<uint32_t>(b_size);
  for (size_t first = 0; first < rows; first += kBlock) {
    const size_t count = std::min(kBlock, rows - first);
    for (size_t i = 0; i < count; ++i) cell[i] = a[first + i] * width + b[first + i];
    size_t i = 0;
    for (; i + kCopies <= count; i += kCopies) {
      ++copy[0][cell[i]];
      ++copy[1][cell[i + 1]];
      ++copy[2][cell[i + 2]];
      ++copy[3][cell[i + 3]];
    }
    for (; i < count; ++i) ++copy[0][cell[i]];
  }
  for (size_t j = 0; j < cells; ++j) {
    uint32_t sum = 0;
    for (size_t c = 0; c < copies; ++c) sum += counts[c * cells + j];
    table[j] = sum;
  }
}

void mutual_information(const BinnedColumns& codes, const BinnedColumns& labels, const InformationOutput& out,
                        int threads) {
  const CountLogs logs(codes.rows);
  const size_t pairs = codes.count() * labels.count();
  parallel_for(pairs, threads, [&](size_t pair) {
    const size_t c = pair / labels.count(), k = pair % labels.count();
    const auto a_size = static_cast<size_t>(codes.sizes[c]), b_size = static_cast<size_t>(labels.sizes[k]);
    std::vector<uint32_t> table(a_size * b_size);
    joint_counts(codes.column(c), labels.column(k), codes.rows, a_size, b_size, table);
    const Margins margins = margins_of(table, a_size, b_size);
    out.plug_in[pair] = plug_in_information(table, margins, codes.rows, logs.table());
    out.freedom[pair] = freedom_of(table, margins);
    if (!out.expected.empty()) out.expected[pair] = expected_information(margins, codes.rows, logs.table());
  });
}

}  // namespace synthkit
