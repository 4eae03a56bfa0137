#include "common/permutation.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Words = py::array_t<uint32_t, py::array::c_style>;
using Places = py::array_t<int64_t, py::array::c_style>;

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

// index [n], each in [0, size) -> where the permutation of the key has them, [n].
Places permute(const Places& index, uint64_t key, uint64_t size, int half_bits) {
  if (half_bits < 1 || half_bits > 31 || size < 1 || size > uint64_t{1} << (2 * half_bits)) {
    throw py::value_error("size must be from 1 to 2^(2 half_bits), half_bits from 1 to 31");
  }
  const py::ssize_t n = index.size();
  Places out(n);
  const int64_t* from = index.data();
  int64_t* to = out.mutable_data();
  const auto key0 = static_cast<uint32_t>(key), key1 = static_cast<uint32_t>(key >> 32);
  for (py::ssize_t i = 0; i < n; ++i) {
    if (from[i] < 0 || static_cast<uint64_t>(from[i]) >= size) throw py::value_error("index: beyond the domain");
    to[i] = static_cast<int64_t>(permuted(static_cast<uint64_t>(from[i]), size, key0, key1, half_bits));
  }
  return out;
}

}  // namespace

void bind_philox(py::module_ module) {
  module.def("philox4x32", &philox4x32, py::arg("counters").noconvert(), py::arg("key").noconvert());
  module.def("permute", &permute, py::arg("index").noconvert(), py::kw_only(), py::arg("key"), py::arg("size"),
             py::arg("half_bits"));
}

}  // namespace synthkit
