// Labels of rows as they come from Python, checked.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <vector>

#include "cpu/knn.h"

namespace synthkit {

// Throws unless the labels are 0, 1, .. without a gap, and one of them is shared.
inline KnnLabels count_labels(const int32_t* of_row, size_t rows) {
  KnnLabels labels{{of_row, rows}, {}};
  for (const int32_t label : labels.of_row) {
    if (label < 0 || static_cast<size_t>(label) >= rows) throw pybind11::value_error("labels: must be 0 .. n - 1");
    if (static_cast<size_t>(label) >= labels.counts.size()) labels.counts.resize(static_cast<size_t>(label) + 1);
    ++labels.counts[static_cast<size_t>(label)];
  }
  bool shared = false;
  for (const int32_t count : labels.counts) {
    if (count == 0) throw pybind11::value_error("labels: a number is left out");
    shared |= count > 1;
  }
  if (!shared) throw pybind11::value_error("labels: no two rows share one");
  return labels;
}

// labels [k, n], of a batch with n rows.
inline std::vector<KnnLabels> count_all_labels(const pybind11::array_t<int32_t, pybind11::array::c_style>& labels,
                                               size_t rows) {
  if (labels.ndim() != 2 || labels.shape(1) != static_cast<pybind11::ssize_t>(rows)) {
    throw pybind11::value_error("labels: must be of shape [k, n]");
  }
  std::vector<KnnLabels> targets;
  for (pybind11::ssize_t t = 0; t < labels.shape(0); ++t) targets.push_back(count_labels(labels.data(t, 0), rows));
  return targets;
}

}  // namespace synthkit
