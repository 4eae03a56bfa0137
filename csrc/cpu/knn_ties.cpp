// Noise that breaks ties: nearest-neighbour estimates assume that no two numbers are equal.
#include "common/knn.h"
#include "cpu/knn.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

CarefulSum sum_of_magnitudes(const double* column, size_t rows, size_t step) {
  CarefulSum sum{0.0, 0.0};
  for (size_t i = 0; i < rows; ++i) sum = add_careful(sum, magnitude(column[i * step]));
  return sum;
}

}  // namespace

void break_ties(const KnnCodes& codes, uint64_t key, uint32_t stream, int threads, std::span<double> out) {
  parallel_for(codes.models * codes.columns, threads, [&](size_t task) {
    const size_t model = task / codes.columns, column = task % codes.columns;
    const size_t first = model * codes.rows * codes.columns + column;
    const CarefulSum magnitudes = sum_of_magnitudes(codes.data + first, codes.rows, codes.columns);
    const double scale = noise_scale(magnitudes, static_cast<int64_t>(codes.rows));
    for (size_t row = 0; row < codes.rows; ++row) {
      const size_t at = first + row * codes.columns;
      out[at] = codes.data[at] + scale * tie_noise(row, column, key, stream);
    }
  });
}

}  // namespace synthkit
