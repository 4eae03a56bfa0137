// The kernels of deviations, run on the CPU by the emulator, against the CPU's loops: bit for bit.
#include "cuda/deviations.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "common/philox.h"
#include "cuda/memory.h"
#include "tests/check.h"

namespace {

using namespace synthkit;
using namespace synthkit::test;

uint32_t word(size_t i, uint32_t stream) { return philox4x32_10({uint32_t(i), stream, 0, 0}, 5, 6).w0; }

// Free numbers, ties, unlike scales and a constant, column by column.
std::vector<double> codes_of(size_t models, size_t rows, size_t columns) {
  std::vector<double> codes;
  for (size_t i = 0; i < models * rows * columns; ++i) {
    const double u = word(i, 1) * 0x1p-32;
    const size_t kind = i % columns;
    codes.push_back(kind == 0   ? u - 0.5
                    : kind == 1 ? double(word(i, 1) >> 30)
                    : kind == 2 ? 1e9 * u * u
                    : kind == 3 ? 0.1
                                : 1e-9 / (u + 1e-6));
  }
  return codes;
}

std::vector<int32_t> wholes(uint32_t stream, size_t count, size_t below) {
  std::vector<int32_t> out;
  for (size_t i = 0; i < count; ++i) out.push_back(int32_t(uint64_t{word(i, stream)} * below >> 32));
  return out;
}

struct Grouping {
  std::vector<int32_t> order, starts;
};

// Rows by random labels, some of which no row may have.
Grouping grouping_of(size_t rows, size_t levels) {
  const std::vector<int32_t> labels = wholes(uint32_t(levels) + 10, rows, levels);
  Grouping found{std::vector<int32_t>(rows), std::vector<int32_t>(levels + 1)};
  std::iota(found.order.begin(), found.order.end(), 0);
  std::stable_sort(found.order.begin(), found.order.end(),
                   [&](int32_t a, int32_t b) { return labels[size_t(a)] < labels[size_t(b)]; });
  for (const int32_t label : labels) ++found.starts[size_t(label) + 1];
  std::partial_sum(found.starts.begin(), found.starts.end(), found.starts.begin());
  return found;
}

void check_equal(const std::vector<double>& found, const std::vector<double>& wanted, const char* what, size_t rows) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    CHECK(std::memcmp(&found[i], &wanted[i], sizeof(double)) == 0, "%s, %zu rows, number %zu: %.17g, not %.17g", what,
          rows, i, found[i], wanted[i]);
  }
}

size_t compare_groups(const CodeBatch& given, const std::vector<size_t>& levels, double quantile) {
  std::vector<Grouping> groupings;
  std::vector<RowGroups> views;
  for (const size_t most : levels) groupings.push_back(grouping_of(given.rows, most));
  for (const Grouping& one : groupings) views.push_back({one.order, one.starts});
  std::vector<double> largest(given.models * given.columns), within(largest.size() * levels.size());
  std::vector<double> largest_found(largest), within_found(within);
  group_deviations(given, views, quantile, largest, within, 1);
  const std::span codes(given.data, given.models * given.rows * given.columns);
  const auto there = cuda::to_device(codes, nullptr);
  const size_t piece = cuda::group_deviations({there.data(), given.models, given.rows, given.columns}, views, quantile,
                                              largest_found, within_found, nullptr);
  check_equal(largest_found, largest, "largest", given.rows);
  check_equal(within_found, within, "within", given.rows);
  return piece;
}

size_t compare_samples(const CodeBatch& given, size_t points, size_t batch) {
  const std::vector<int32_t> first = wholes(2, points * batch, given.rows);
  const std::vector<int32_t> second = wholes(3, points * batch, given.rows);
  std::vector<double> wanted(given.models * points * given.columns), found(wanted);
  const std::span codes(given.data, given.models * given.rows * given.columns);
  const auto there = cuda::to_device(codes, nullptr);
  const CodeBatch on_device{there.data(), given.models, given.rows, given.columns};
  pair_distances(given, first, second, batch, wanted, 1);
  size_t piece = cuda::pair_distances(on_device, first, second, batch, found, nullptr);
  check_equal(found, wanted, "distances", given.rows);
  if (batch < 2) return piece;
  sample_variances(given, first, batch, wanted, 1);
  piece = std::min(piece, cuda::sample_variances(on_device, first, batch, found, nullptr));
  check_equal(found, wanted, "variances", given.rows);
  return piece;
}

void test_groups() {
  for (const size_t rows : {1, 2, 15, 16, 17, 33, 255, 256, 257, 1000}) {
    const std::vector<double> codes = codes_of(2, rows, 5);
    compare_groups({codes.data(), 2, rows, 5}, {1, 3, rows < 20 ? rows : 20}, 0.99);
    for (const double quantile : {0.0, 0.5, 1.0}) compare_groups({codes.data(), 2, rows, 5}, {3}, quantile);
  }
  const std::vector<double> codes = codes_of(2, 20, 5);
  compare_groups({codes.data(), 2, 20, 5}, {}, 0.5);
  compare_groups({codes.data(), 0, 20, 5}, {2}, 0.5);
}

void test_samples() {
  for (const size_t rows : {1, 40}) {
    for (const size_t columns : {1, 5, 33}) {
      const std::vector<double> codes = codes_of(3, rows, columns);
      for (const size_t batch : {1, 2, 7, 8, 64}) compare_samples({codes.data(), 3, rows, columns}, 20, batch);
    }
  }
  const std::vector<double> codes = codes_of(2, 20, 5);
  compare_samples({codes.data(), 2, 20, 5}, 0, 4);
  compare_samples({codes.data(), 0, 20, 5}, 3, 4);
}

// The same results where memory is short; an error where one model does not fit.
void test_memory() {
  const size_t all = emulator::machine.memory, own = 8 * 100 * 5 * 8;
  const std::vector<double> codes = codes_of(8, 100, 5);
  const CodeBatch given{codes.data(), 8, 100, 5};
  CHECK(compare_groups(given, {3, 4}, 0.9) == 8);
  CHECK(compare_samples(given, 60, 4) == 8);
  emulator::machine.memory = own + 16000;  // of 4 to 5 kB a model
  size_t piece = compare_groups(given, {3, 4}, 0.9);
  CHECK(piece > 0 && piece < 8, "%zu", piece);
  piece = compare_samples(given, 60, 4);
  CHECK(piece > 0 && piece < 8, "%zu", piece);
  emulator::machine.memory = own + 3000;
  int failures_seen = 0;
  try {
    compare_groups(given, {3, 4}, 0.9);
  } catch (const cuda::OutOfMemory&) {
    ++failures_seen;
  }
  try {
    compare_samples(given, 60, 4);
  } catch (const cuda::OutOfMemory&) {
    ++failures_seen;
  }
  CHECK(failures_seen == 2, "%d", failures_seen);
  emulator::machine.memory = all;
}

}  // namespace

int main() {
  test_groups();
  test_samples();
  test_memory();
  CHECK(emulator::machine.in_use == 0, "%zu bytes were not freed", emulator::machine.in_use);
  return finish("cuda_deviations");
}
