// Bins, joint tables and mutual information on a device, run on the CPU by the emulator, against the CPU's: bit for
// bit.
#include "cuda/joint.h"

#include <bit>
#include <vector>

#include "common/philox.h"
#include "cpu/bins.h"
#include "cpu/joint.h"
#include "cuda/bins.h"
#include "cuda/memory.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

uint32_t word(size_t i, uint32_t seed) { return philox4x32_10({uint32_t(i), 0, 0, seed}, 11, 0).w0; }

// Codes of kinds that take turns from column to column: spread evenly; far apart clusters; few values, both zeros among
// them; constant; so small that steps between bins vanish; so large that their range is infinite; more and less often.
std::vector<double> codes_of(size_t models, size_t rows, size_t columns, uint32_t seed) {
  std::vector<double> codes(models * rows * columns);
  for (size_t i = 0; i < codes.size(); ++i) {
    const size_t kind = (i % columns + i / (rows * columns)) % 7;
    const uint32_t random = word(i, seed);
    const double even = random * 0x1p-32 - 0.25;
    const double few = (random % 6 - 3.0) * 0.1;
    codes[i] = kind == 0   ? even
               : kind == 1 ? even + 10.0 * (random % 5)
               : kind == 2 ? (random % 6 == 3 && random % 4 == 0 ? -0.0 : few)
               : kind == 3 ? 4.25
               : kind == 4 ? 4.9e-324 * (random % 3)
               : kind == 5 ? (even > 0.25 ? 1.7e308 : -1.7e308) * (even + 0.25)
                           : even * even * even * even;
  }
  return codes;
}

// Returns the piece.
size_t compare_cut(size_t models, size_t rows, size_t columns, int bins, bool quantile) {
  const std::vector<double> codes = codes_of(models, rows, columns, uint32_t(rows));
  std::vector<uint16_t> wanted(codes.size());
  std::vector<int32_t> wanted_used(models * columns), used(models * columns);
  synthkit::cut_into_bins({codes.data(), models, rows, columns}, bins, quantile, wanted, wanted_used, 1);
  const auto given = cuda::to_device(std::span<const double>(codes), nullptr);
  const cuda::Array<uint16_t> index(codes.size(), nullptr);
  const size_t piece =
      cuda::cut_into_bins({given.data(), models, rows, columns}, bins, quantile, index.data(), used, nullptr);
  for (size_t i = 0; i < used.size(); ++i) {
    CHECK(used[i] == wanted_used[i], "[%zu, %zu, %zu] in %d, %d: column %zu has %d bins, not %d", models, rows, columns,
          bins, quantile, i, used[i], wanted_used[i]);
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    CHECK(index.data()[i] == wanted[i], "[%zu, %zu, %zu] in %d, %d: bin %zu is %d, not %d", models, rows, columns, bins,
          quantile, i, index.data()[i], wanted[i]);
  }
  return piece;
}

void test_cut() {
  for (const bool quantile : {false, true}) {
    for (const size_t rows : {1, 2, 3, 20, 255, 257, 600}) {
      for (const int bins : {1, 2, 7, 20, 300}) compare_cut(2, rows, 7, bins, quantile);
    }
    compare_cut(3, 4500, 1, 20, quantile);    // beyond one tile of a single column
    compare_cut(1, 150, 33, 5, quantile);     // two tiles side by side
    compare_cut(1, 70, 70, 20, quantile);     // three, and edges too many for shared memory
    compare_cut(1, 900, 7, 65536, quantile);  // hardly a code to a bin
    compare_cut(1, 66000, 1, 65536, quantile);
    compare_cut(1, 2500, 2, 2000, quantile);
    compare_cut(0, 5, 3, 4, quantile);
  }
}

// A column below each size, some of the numbers more often than others, and not all of them.
std::vector<uint16_t> columns_of(const std::vector<int32_t>& sizes, size_t rows, uint32_t seed) {
  std::vector<uint16_t> columns(sizes.size() * rows);
  for (size_t i = 0; i < columns.size(); ++i) {
    const uint32_t random = word(i, seed), size = uint32_t(sizes[i / rows]);
    columns[i] = uint16_t(random % 3 == 0 ? size - 1 : (random >> 8) % ((random >> 4) % size + 1));
  }
  return columns;
}

void test_sizes() {
  for (const size_t rows : {1, 31, 257, 16384, 16385}) {
    const std::vector<int32_t> most = {1, 2, 65536};
    const std::vector<uint16_t> columns = columns_of(most, rows, 5);
    const auto given = cuda::to_device(std::span<const uint16_t>(columns), nullptr);
    const std::vector<int32_t> found = cuda::column_sizes(given.data(), most.size(), rows, nullptr);
    for (size_t c = 0; c < most.size(); ++c) {
      int32_t wanted = 0;
      for (size_t i = 0; i < rows; ++i) wanted = std::max(wanted, columns[c * rows + i] + 1);
      CHECK(found[c] == wanted, "%zu rows: size %d, not %d", rows, found[c], wanted);
    }
  }
  CHECK(cuda::column_sizes(nullptr, 0, 5, nullptr).empty());
}

void test_counts() {
  for (const size_t rows : {1, 255, 1025, 4096, 10000}) {
    for (const std::vector<int32_t>& sizes : {std::vector<int32_t>{1, 1}, {5, 20}, {90, 91}, {91, 91}, {3000, 700}}) {
      const std::vector<uint16_t> columns = columns_of(sizes, rows, 3);
      const auto given = cuda::to_device(std::span<const uint16_t>(columns), nullptr);
      const auto a = size_t(sizes[0]), b = size_t(sizes[1]);
      std::vector<uint32_t> wanted(a * b), found(a * b);
      synthkit::joint_counts(columns.data(), columns.data() + rows, rows, a, b, wanted);
      cuda::joint_counts(given.data(), given.data() + rows, rows, a, b, found, nullptr);
      CHECK(found == wanted, "%zu rows, %zu x %zu", rows, a, b);
    }
  }
}

// Returns the piece.
size_t compare_information(const std::vector<int32_t>& code_sizes, const std::vector<int32_t>& label_sizes, size_t rows,
                           bool expected) {
  const std::vector<uint16_t> codes = columns_of(code_sizes, rows, 1), labels = columns_of(label_sizes, rows, 2);
  const size_t pairs = code_sizes.size() * label_sizes.size(), means = expected ? pairs : 0;
  std::vector<double> plug_in(pairs), mean(means), wanted(pairs), wanted_mean(means);
  std::vector<int64_t> freedom(pairs), wanted_freedom(pairs);
  synthkit::mutual_information({codes, code_sizes, rows}, {labels, label_sizes, rows},
                               {wanted, wanted_mean, wanted_freedom}, 1);
  const auto a = cuda::to_device(std::span<const uint16_t>(codes), nullptr);
  const auto b = cuda::to_device(std::span<const uint16_t>(labels), nullptr);
  const size_t piece = cuda::mutual_information({a.data(), code_sizes, rows}, {b.data(), label_sizes, rows},
                                                {plug_in, mean, freedom}, nullptr);
  for (size_t i = 0; i < pairs; ++i) {
    CHECK(std::bit_cast<uint64_t>(plug_in[i]) == std::bit_cast<uint64_t>(wanted[i]),
          "%zu rows, pair %zu: %.17g, not %.17g", rows, i, plug_in[i], wanted[i]);
    CHECK(freedom[i] == wanted_freedom[i], "%zu rows, pair %zu: %lld, not %lld", rows, i,
          static_cast<long long>(freedom[i]), static_cast<long long>(wanted_freedom[i]));
  }
  for (size_t i = 0; i < means; ++i) {
    CHECK(std::bit_cast<uint64_t>(mean[i]) == std::bit_cast<uint64_t>(wanted_mean[i]),
          "%zu rows, pair %zu: mean %.17g, not %.17g", rows, i, mean[i], wanted_mean[i]);
  }
  return piece;
}

void test_information() {
  for (const size_t rows : {1, 2, 31, 1000, 1025, 4097, 9000}) {
    for (const bool expected : {false, true}) {
      compare_information({20, 1, 7, 2, 33}, {5, 3, 1}, rows, expected);
      compare_information({4}, {2}, rows, expected);
    }
  }
  compare_information({60, 100, 3}, {61, 100, 61, 60, 2}, 3000, true);  // together, in two groups, and too large
  compare_information({9000, 5}, {2, 40}, 5000, true);                  // a margin that is too large itself
  compare_information({3, 2}, {2}, 140000, true);                       // counts whose logarithms are worked out
  compare_information(std::vector<int32_t>(700, 3), {2}, 8200, false);  // as many chunks as make enough blocks
  compare_information({}, {2}, 40, false);
}

void test_little_memory() {
  const size_t before = emulator::machine.memory;
  emulator::machine.memory = 250000;  // codes and sorted ones 112000 bytes each, bins 28000
  for (const bool quantile : {false, true}) {
    const size_t piece = compare_cut(10, 200, 7, 20, quantile);
    CHECK(quantile ? piece < 10 && piece > 0 : piece == 10, "piece %zu", piece);
  }
  emulator::machine.memory = 140000;  // tables of 10 * 10 * 11 * 4 bytes a code
  const size_t piece = compare_information(std::vector<int32_t>(40, 10), std::vector<int32_t>(10, 10), 500, true);
  CHECK(piece < 40 && piece > 0, "piece %zu", piece);
  emulator::machine.memory = 60000;
  bool thrown = false;
  try {
    compare_information({1000, 1000}, {20}, 500, false);
  } catch (const cuda::OutOfMemory&) {
    thrown = true;
  }
  CHECK(thrown);
  thrown = false;
  try {
    compare_cut(1, 4000, 1, 20, true);
  } catch (const cuda::OutOfMemory&) {
    thrown = true;
  }
  CHECK(thrown);
  emulator::machine.memory = before;
}

}  // namespace

int main() {
  test_cut();
  test_sizes();
  test_counts();
  test_information();
  test_little_memory();
  CHECK(emulator::machine.in_use == 0, "%zu bytes were not freed", emulator::machine.in_use);
  return test::finish("cuda_joint");
}
