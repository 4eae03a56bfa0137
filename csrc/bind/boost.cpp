#include "cpu/boost.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Floats = py::array_t<float, py::array::c_style>;
using Doubles = py::array_t<double, py::array::c_style>;
using Ints = py::array_t<int32_t, py::array::c_style>;

template <typename T>
std::span<const T> all_of(const py::array_t<T, py::array::c_style>& array) {
  return {array.data(), static_cast<size_t>(array.size())};
}

// What would be read out of bounds is refused here, whoever calls.
void check(const Doubles& targets, const Ints& classes, const BoostShape& shape) {
  for (int64_t k = 0; k < shape.factors; ++k) {
    const int32_t count = classes.data()[k];
    if (count == 0) continue;
    if (count < 2) throw py::value_error("classes: must be 0, or 2 and more");
    const double* own = targets.data() + k * shape.rows;
    for (int64_t i = 0; i < shape.train_rows; ++i) {
      if (!(own[i] >= 0.0 && own[i] < count)) throw py::value_error("targets: a training rank is none of the classes");
    }
  }
}

// codes [B, N, D], targets [K, N], classes [K] -> importances [B, K, D] and predictions [B, K, N].
py::tuple fit(const Floats& codes, const Doubles& targets, const Ints& classes, int64_t train_rows, int stages,
              double learning_rate, int max_depth, int threads) {
  if (codes.ndim() != 3 || targets.ndim() != 2 || classes.ndim() != 1 || targets.shape(1) != codes.shape(1) ||
      targets.shape(0) != classes.shape(0)) {
    throw py::value_error("codes [B, N, D], targets [K, N] and classes [K] do not match");
  }
  const BoostShape shape{codes.shape(0), codes.shape(1), codes.shape(2), targets.shape(0), train_rows};
  if (train_rows < 1 || train_rows > shape.rows || train_rows > UINT32_MAX) {
    throw py::value_error("train_rows: must be 1 to N");
  }
  if (max_depth < 1 || max_depth > kBoostDepth) throw py::value_error("max_depth: must be 1 to 3");
  check(targets, classes, shape);
  Doubles importances({shape.models, shape.factors, shape.features});
  Doubles predictions({shape.models, shape.factors, shape.rows});
  const std::span<double> gains(importances.mutable_data(), static_cast<size_t>(importances.size()));
  const std::span<double> found(predictions.mutable_data(), static_cast<size_t>(predictions.size()));
  {
    py::gil_scoped_release release;
    boost_trees(all_of(codes), all_of(targets), all_of(classes), shape, {stages, learning_rate, max_depth}, gains,
                found, threads);
  }
  return py::make_tuple(importances, predictions);
}

}  // namespace

void bind_boost(py::module_ module) {
  module.def("fit", &fit, py::arg("codes").noconvert(), py::arg("targets").noconvert(), py::arg("classes").noconvert(),
             py::kw_only(), py::arg("train_rows"), py::arg("stages"), py::arg("learning_rate"), py::arg("max_depth"),
             py::arg("threads"));
}

}  // namespace synthkit
