// Groups and samples of rows as they come from Python, checked.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "cpu/deviations.h"

namespace synthkit {

using RowNumbers = pybind11::array_t<int32_t, pybind11::array::c_style>;

// Throws unless rows is [points, batch] of numbers below `count`, with batch >= least_batch.
inline void check_rows(const RowNumbers& rows, size_t count, pybind11::ssize_t least_batch) {
  if (rows.ndim() != 2 || rows.shape(1) < least_batch) throw pybind11::value_error("rows must be [points, batch]");
  for (pybind11::ssize_t i = 0; i < rows.size(); ++i) {
    if (rows.data()[i] < 0 || size_t(rows.data()[i]) >= count) throw pybind11::value_error("rows: beyond the codes");
  }
}

// The same of both, which must be of one shape.
inline void check_pairs(const RowNumbers& first, const RowNumbers& second, size_t count) {
  check_rows(first, count, 1);
  check_rows(second, count, 1);
  if (first.shape(0) != second.shape(0) || first.shape(1) != second.shape(1)) {
    throw pybind11::value_error("first and second must have one shape");
  }
}

inline std::span<const int32_t> span_of(const RowNumbers& rows) { return {rows.data(), size_t(rows.size())}; }

// Groupings of the same rows, each in the order of its labels, by counting.
class Groupings {
 public:
  // labels [k, rows] of numbers below levels[k].
  Groupings(const RowNumbers& labels, const RowNumbers& levels, size_t rows) {
    if (labels.ndim() != 2 || size_t(labels.shape(1)) != rows || levels.size() != labels.shape(0)) {
      throw pybind11::value_error("labels must be [K, N] and levels [K]");
    }
    for (pybind11::ssize_t k = 0; k < labels.shape(0); ++k) add(labels.data(k, 0), rows, levels.data()[k]);
    for (const Grouping& grouping : groupings_) views_.push_back({grouping.order, grouping.starts});
  }

  std::span<const RowGroups> views() const { return views_; }

 private:
  struct Grouping {
    std::vector<int32_t> order, starts;
  };

  void add(const int32_t* labels, size_t rows, int32_t levels) {
    if (levels < 1) throw pybind11::value_error("labels: beyond the number of levels");
    Grouping found{std::vector<int32_t>(rows), std::vector<int32_t>(size_t(levels) + 1)};
    for (size_t i = 0; i < rows; ++i) {
      if (labels[i] < 0 || labels[i] >= levels) throw pybind11::value_error("labels: beyond the number of levels");
      ++found.starts[size_t(labels[i]) + 1];
    }
    for (size_t g = 0; g < size_t(levels); ++g) found.starts[g + 1] += found.starts[g];
    std::vector<int32_t> next(found.starts.begin(), found.starts.end() - 1);
    for (size_t i = 0; i < rows; ++i) found.order[size_t(next[size_t(labels[i])]++)] = int32_t(i);
    groupings_.push_back(std::move(found));
  }

  std::vector<Grouping> groupings_;
  std::vector<RowGroups> views_;
};

inline void check_quantile(double quantile) {
  if (!(quantile >= 0.0 && quantile <= 1.0)) throw pybind11::value_error("quantile must be in 0..1");
}

}  // namespace synthkit
