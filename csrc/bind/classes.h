// What the linear classifiers are given, checked in one place.
#pragma once

#include <pybind11/numpy.h>

#include <algorithm>
#include <cstdint>

#include "cpu/class_task.h"

namespace synthkit {

using Doubles = pybind11::array_t<double, pybind11::array::c_style>;
using Ints = pybind11::array_t<int32_t, pybind11::array::c_style>;

// codes [B, N, D], labels [K, N], class_counts [K]; labels of the first train_rows rows are 0 .. count - 1, of the
// others -1 as well.
inline ClassTask checked_task(const Doubles& codes, const Ints& labels, const Ints& class_counts,
                              pybind11::ssize_t train_rows) {
  namespace py = pybind11;
  if (codes.ndim() != 3 || labels.ndim() != 2 || class_counts.ndim() != 1 || labels.shape(1) != codes.shape(1) ||
      labels.shape(0) != class_counts.shape(0)) {
    throw py::value_error("codes [B, N, D], labels [K, N] and class_counts [K] do not match");
  }
  const py::ssize_t rows = codes.shape(1);
  if (train_rows < 1 || train_rows > rows) throw py::value_error("train_rows: must be 1 to N");
  int classes = 2;
  for (py::ssize_t k = 0; k < labels.shape(0); ++k) {
    const int count = class_counts.data()[k];
    if (count < 2) throw py::value_error("class_counts: must be at least 2");
    classes = std::max(classes, count);
    for (py::ssize_t i = 0; i < rows; ++i) {
      const int label = labels.data()[k * rows + i];
      if (label < (i < train_rows ? 0 : -1) || label >= count) throw py::value_error("labels: out of range");
    }
  }
  return {codes.data(),
          labels.data(),
          class_counts.data(),
          static_cast<size_t>(codes.shape(0)),
          static_cast<size_t>(rows),
          static_cast<size_t>(train_rows),
          static_cast<size_t>(codes.shape(2)),
          static_cast<size_t>(labels.shape(0)),
          classes};
}

}  // namespace synthkit
