// Codes cut into bins, column by column.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace synthkit {

// Codes [models, rows, columns], C order.
struct CodeBatch {
  const double* data;
  size_t models, rows, columns;

  // Column `column` of model `model`: element i is at [i * columns].
  const double* column(size_t model, size_t column) const { return data + model * rows * columns + column; }

  // The same, copied side by side.
  std::vector<double> values(size_t model, size_t column) const {
    const double* source = this->column(model, column);
    std::vector<double> found(rows);
    for (size_t i = 0; i < rows; ++i) found[i] = source[i * columns];
    return found;
  }
};

// Where one bin ends and the next begins: ascending, a value at an edge belongs above it; fewer than `bins` of them.
using Edges = std::vector<double>;

// Between least and greatest in equal steps, as numpy.histogram places them (the outer two left out).
Edges equal_width_edges(std::span<const double> values, int bins);

// A bin for each distinct value where there are no more than `bins`. Else edge j of bins - 1 stands, among the ranks
// within half a bin of rank j N / bins, where the value changes nearest to that rank; but at the widest gap there, if
// it takes a quarter of the values' range there or more. None where the value does not change. Sorts the values.
Edges quantile_edges(std::span<double> values, int bins);

// Which bins of the model's columns the rows fall in, uint16 [models, columns, rows], and how many bins each column
// got [models, columns].
void cut_into_bins(const CodeBatch& codes, int bins, bool quantile, std::span<uint16_t> out, std::span<int32_t> used,
                   int threads);

}  // namespace synthkit
