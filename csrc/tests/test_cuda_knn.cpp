// The kernels of nearest-neighbour information, run on the CPU by the emulator, against the CPU's loops: bit for bit.
#include "cuda/knn.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "common/knn.h"
#include "cuda/memory.h"
#include "tests/check.h"

namespace {

using namespace synthkit;
using namespace synthkit::test;

// A number in [0, 1) out of i, one of 2^bits.
double number(size_t i, uint32_t column, int bits) {
  return double(uint64_t{philox4x32_10({uint32_t(i), column, 0, 0}, 3, 4).w0} >> (32 - bits)) /
         double(uint64_t{1} << bits);
}

// Columns of ever different kinds: free numbers, heavy and light ties, a constant, unlike scales, and heavy tails.
double code(size_t i, size_t column) {
  const auto c = static_cast<uint32_t>(column);
  switch (column % 7) {
    case 0:
      return number(i, c, 32) - 0.5;
    case 1:
      return number(i, c, 2);
    case 2:
      return 1e-6 * number(i, c, 31);
    case 3:
      return 1e4 * number(i, c, 6) - 3e3;
    case 4:
      return -2.5;
    case 5:
      return 1.0 / (number(i, c, 32) - 0.50001);
    default:
      return number(i, c, 31) * number(i, c + 1, 3);
  }
}

std::vector<double> codes_of(size_t models, size_t rows, size_t columns) {
  std::vector<double> codes;
  for (size_t m = 0; m < models; ++m) {
    for (size_t i = 0; i < rows; ++i) {
      for (size_t d = 0; d < columns; ++d) codes.push_back(code(m * rows + i, m + d));
    }
  }
  return codes;
}

std::vector<double> targets_of(size_t targets, size_t rows) {
  std::vector<double> out;
  for (size_t t = 0; t < targets; ++t) {
    for (size_t i = 0; i < rows; ++i) out.push_back(code(100000 + i, 7 * t + t));
  }
  return out;
}

// What a test works on.
struct Case {
  std::vector<double> codes, targets;
  std::vector<std::vector<int32_t>> labels;
  size_t models, rows, columns;

  Case(size_t models_, size_t rows_, size_t columns_, size_t num_targets)
      : codes(codes_of(models_, rows_, columns_)),
        targets(targets_of(num_targets, rows_)),
        models(models_),
        rows(rows_),
        columns(columns_) {}

  KnnCodes view(const double* data) const { return {data, models, rows, columns}; }
  KnnCodes view() const { return view(codes.data()); }
};

void check_equal(const std::vector<double>& found, const std::vector<double>& wanted, const char* what,
                 const Case& given, int32_t k) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    CHECK(std::memcmp(&found[i], &wanted[i], sizeof(double)) == 0, "%s, %zu rows, k %d, number %zu: %.17g, not %.17g",
          what, given.rows, k, i, found[i], wanted[i]);
  }
}

size_t compare_continuous(const Case& given, int32_t k, bool clip) {
  const size_t count = given.targets.size() / given.rows;
  std::vector<double> wanted(given.models * count * given.columns), found(wanted);
  mi_continuous(given.view(), given.targets, {k, clip, 1}, wanted);
  const auto codes = cuda::to_device(std::span<const double>(given.codes), nullptr);
  const auto targets = cuda::to_device(std::span<const double>(given.targets), nullptr);
  const size_t piece = cuda::mi_continuous(given.view(codes.data()), targets.data(), count, {k, clip}, found, nullptr);
  check_equal(found, wanted, "continuous", given, k);
  return piece;
}

KnnLabels counted(const std::vector<int32_t>& of_row) {
  KnnLabels labels{of_row, std::vector<int32_t>(size_t(*std::max_element(of_row.begin(), of_row.end())) + 1)};
  for (const int32_t label : of_row) ++labels.counts[size_t(label)];
  return labels;
}

// Labels 0, 1, .. without a gap, of which two rows share one: `levels` of them, or fewer where rows are few.
std::vector<int32_t> labels_of(size_t rows, uint32_t levels, uint32_t column) {
  std::vector<int32_t> labels;
  for (size_t i = 0; i < rows; ++i) labels.push_back(int32_t(number(i, column, 30) * levels));
  labels[rows - 1] = labels[0];
  std::vector<int32_t> sorted(labels);
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for (int32_t& label : labels) {
    label = int32_t(std::lower_bound(sorted.begin(), sorted.end(), label) - sorted.begin());
  }
  return labels;
}

size_t compare_discrete(const Case& given, const std::vector<uint32_t>& levels, int32_t k, bool clip) {
  std::vector<std::vector<int32_t>> of_row;
  std::vector<KnnLabels> labels;
  for (const uint32_t most : levels) of_row.push_back(labels_of(given.rows, most, most));
  for (const auto& one : of_row) labels.push_back(counted(one));
  std::vector<double> wanted(given.models * labels.size() * given.columns), found(wanted);
  mi_discrete(given.view(), labels, {k, clip, 1}, wanted);
  const auto codes = cuda::to_device(std::span<const double>(given.codes), nullptr);
  const size_t piece = cuda::mi_discrete(given.view(codes.data()), labels, {k, clip}, found, nullptr);
  check_equal(found, wanted, "discrete", given, k);
  return piece;
}

void compare_noise(const Case& given) {
  std::vector<double> wanted(given.codes.size()), found(wanted.size());
  break_ties(given.view(), 0x123456789ABCDEFu, 7, 1, wanted);
  const auto codes = cuda::to_device(std::span<const double>(given.codes), nullptr);
  const cuda::Array<double> there(given.codes.size(), nullptr);
  cuda::break_ties(given.view(codes.data()), 0x123456789ABCDEFu, 7, there.data(), nullptr);
  std::copy_n(there.data(), found.size(), found.begin());
  check_equal(found, wanted, "noise", given, 0);
  cuda::break_ties(given.view(codes.data()), 0x123456789ABCDEFu, 7, codes.data(), nullptr);
  std::copy_n(codes.data(), found.size(), found.begin());
  check_equal(found, wanted, "noise in place", given, 0);
}

// Below, at and above a tile of 32, a block of 128, and sizes that fill the last tile by one; each length of list.
void test_sizes() {
  for (const size_t rows : {2, 3, 31, 32, 33, 97, 128, 129, 300}) {
    const Case given(1, rows, 7, 2);
    for (const int32_t k : {1, 3, 4, 10, 12, 20}) {
      if (static_cast<size_t>(k) >= rows) continue;
      if (rows < 300 || k == 3 || k == 10) compare_continuous(given, k, k == 3);
      compare_discrete(given, {1, 3, uint32_t(rows) / 2 + 1, 3 * uint32_t(rows)}, k, k == 3);
    }
    compare_discrete(given, {1, 4}, static_cast<int32_t>(rows) + 5, false);
    compare_noise(given);
  }
}

// More neighbours than a list holds: searches are repeated, over ties as well.
void test_many_neighbours() {
  const Case given(1, 161, 7, 2);
  for (const int32_t k : {15, 16, 31, 32, 47, 100, 160}) compare_continuous(given, k, false);
  compare_continuous(Case(1, 40, 2, 1), 39, false);
}

// Many tiles, of which most points look at few.
void test_searches_that_end() {
  const Case given(1, 900, 1, 1);
  for (const int32_t k : {1, 10, 40}) compare_continuous(given, k, false);
  compare_discrete(given, {10}, 3, false);
}

void test_models() {
  const Case given(3, 77, 3, 3);
  compare_continuous(given, 3, false);
  compare_discrete(given, {5, 2, 60}, 3, false);
  compare_noise(given);
  compare_noise(Case(2, 1, 3, 1));
  compare_noise(Case(0, 5, 3, 1));
  compare_continuous(Case(0, 5, 3, 1), 1, false);
  compare_discrete(Case(2, 5, 3, 1), {}, 1, false);
}

// Where the plane is so wide that a distance is infinite, or so narrow that it is not a normal number.
void test_extremes() {
  Case given(1, 70, 3, 2);
  for (size_t i = 0; i < given.codes.size(); ++i) {
    given.codes[i] = i % 3 == 0 ? (i % 2 == 0 ? 1.5e308 : -1.5e308) : i % 3 == 1 ? 5e-324 * double(i / 3 % 9) : 0.0;
  }
  for (size_t i = 0; i < 70; ++i) given.targets[i] = i % 5 == 0 ? 1.7e308 : -1.7e308 * number(i, 1, 5);
  for (const int32_t k : {1, 5, 14, 40, 69}) compare_continuous(given, k, false);
  compare_discrete(given, {2, 30}, 3, false);
}

// The same results where memory is short; an error where one column does not fit.
void test_memory() {
  const Case given(4, 100, 2, 1);
  const size_t all = emulator::machine.memory;
  CHECK(compare_continuous(given, 3, false) == 8);
  CHECK(compare_discrete(given, {3}, 3, false) == 8);
  emulator::machine.memory = 8 * 100 * 8 + 18000;  // the codes themselves, and three columns or so
  size_t piece = compare_continuous(given, 3, false);
  CHECK(piece > 0 && piece < 8, "%zu", piece);
  piece = compare_discrete(given, {3}, 3, false);
  CHECK(piece > 0 && piece < 8, "%zu", piece);
  emulator::machine.memory = 8 * 100 * 8 + 3000;
  int failures_seen = 0;
  try {
    compare_continuous(given, 3, false);
  } catch (const cuda::OutOfMemory&) {
    ++failures_seen;
  }
  try {
    compare_discrete(given, {3}, 3, false);
  } catch (const cuda::OutOfMemory&) {
    ++failures_seen;
  }
  CHECK(failures_seen == 2, "%d", failures_seen);
  emulator::machine.memory = all;
}

}  // namespace

int main() {
  test_sizes();
  test_many_neighbours();
  test_searches_that_end();
  test_models();
  test_extremes();
  test_memory();
  CHECK(emulator::machine.in_use == 0, "%zu bytes were not freed", emulator::machine.in_use);
  return finish("cuda_knn");
}
