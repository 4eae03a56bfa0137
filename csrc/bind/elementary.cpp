#include "common/elementary.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;

template <typename Function>
Doubles map(const Doubles& in, Function function) {
  Doubles out(std::vector<py::ssize_t>(in.shape(), in.shape() + in.ndim()));
  const double* from = in.data();
  double* to = out.mutable_data();
  const py::ssize_t n = in.size();
  py::gil_scoped_release release;
  for (py::ssize_t i = 0; i < n; ++i) to[i] = function(from[i]);
  return out;
}

}  // namespace

void bind_elementary(py::module_ module) {
  module.def(
      "exp2", [](const Doubles& x) { return map(x, [](double v) { return exp2_exact(v); }); },
      py::arg("x").noconvert());
  module.def(
      "log2", [](const Doubles& x) { return map(x, [](double v) { return log2_exact(v); }); },
      py::arg("x").noconvert());
}

}  // namespace synthkit
