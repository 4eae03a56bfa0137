#include "cpu/auc.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;
using Ints = py::array_t<int32_t, py::array::c_style>;

// scores [B, N, C], labels [N] -> areas [B, C]
Doubles roc_auc_all(const Doubles& scores, const Ints& labels, int threads) {
  if (scores.ndim() != 3 || labels.ndim() != 1 || scores.shape(1) != labels.shape(0)) {
    throw py::value_error("scores [B, N, C] and labels [N] do not match");
  }
  Doubles areas({scores.shape(0), scores.shape(2)});
  const std::span<const double> in(scores.data(), static_cast<size_t>(scores.size()));
  const std::span<const int32_t> classes(labels.data(), static_cast<size_t>(labels.size()));
  const std::span<double> out(areas.mutable_data(), static_cast<size_t>(areas.size()));
  const auto count = static_cast<size_t>(scores.shape(2));
  {
    py::gil_scoped_release release;
    roc_auc(in, classes, count, out, threads);
  }
  return areas;
}

}  // namespace

void bind_auc(py::module_ module) {
  module.def("roc_auc", &roc_auc_all, py::arg("scores").noconvert(), py::arg("labels").noconvert(), py::kw_only(),
             py::arg("threads"));
}

}  // namespace synthkit
