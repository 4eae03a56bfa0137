#include "common/philox.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Words = py::array_t<uint32_t, py::array::c_style>;

// counters [n, 4], key [2] -> words [n, 4]
Words philox4x32(const Words& counters, const Words& key) {
  if (counters.ndim() != 2 || counters.shape(1) != 4) throw py::value_error("counters: must be of shape [n, 4]");
  if (key.ndim() != 1 || key.shape(0) != 2) throw py::value_error("key: must be of shape [2]");
  const py::ssize_t n = counters.shape(0);
  Words out({n, py::ssize_t{4}});
  const uint32_t* in = counters.data();
  uint32_t* to = out.mutable_data();
  const uint32_t key0 = key.data()[0], key1 = key.data()[1];
  {
    py::gil_scoped_release release;
    for (py::ssize_t i = 0; i < n; ++i, in += 4, to += 4) {
      const PhiloxBlock words = philox4x32_10({in[0], in[1], in[2], in[3]}, key0, key1);
      to[0] = words.w0;
      to[1] = words.w1;
      to[2] = words.w2;
      to[3] = words.w3;
    }
  }
  return out;
}

}  // namespace

void bind_philox(py::module_ module) {
  module.def("philox4x32", &philox4x32, py::arg("counters").noconvert(), py::arg("key").noconvert());
}

}  // namespace synthkit
