// Noise that breaks ties: nearest-neighbour estimates assume that no two numbers are equal.
#include "common/knn.h"
#include "cpu/knn.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr double kScale = 1e-10;

double mean_magnitude(const double* column, size_t rows, size_t step) {
  CarefulSum sum{0.0, 0.0};
  for (size_t i = 0; i < rows; ++i) sum = add_careful(sum, magnitude(column[i * step]));
  return (sum.sum + sum.lost) / static_cast<double>(rows);
}

}  // namespace

void break_ties(const KnnCodes& codes, uint64_t key, uint32_t stream, int threads, std::span<double> out) {
  const auto key0 = static_cast<uint32_t>(key);
  const auto key1 = static_cast<uint32_t>(key >> 32);
  parallel_for(codes.models * codes.columns, threads, [&](size_t task) {
    const size_t model = task / codes.columns, column = task % codes.columns;
    const size_t first = model * codes.rows * codes.columns + column;
    const double scale = kScale * larger(1.0, mean_magnitude(codes.data + first, codes.rows, codes.columns));
    for (size_t row = 0; row < codes.rows; ++row) {
      const PhiloxBlock counter{static_cast<uint32_t>(row), static_cast<uint32_t>(uint64_t{row} >> 32),
                                static_cast<uint32_t>(column), stream};
      const size_t at = first + row * codes.columns;
      out[at] = codes.data[at] + scale * normal_of(philox4x32_10(counter, key0, key1));
    }
  });
}

}  // namespace synthkit
