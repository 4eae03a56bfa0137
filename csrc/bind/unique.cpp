#include "bind/unique.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"
#include "common/hash.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Hashes = py::array_t<uint64_t, py::array::c_style>;

// hashes uint64 [n] -> bool [n]: which are new, in order.
py::array_t<bool> add(SharedHashSet& self, const Hashes& hashes) {
  py::array_t<bool> is_new(hashes.size());
  const uint64_t* from = hashes.data();
  bool* to = is_new.mutable_data();
  const py::ssize_t n = hashes.size();
  {
    py::gil_scoped_release release;
    const std::lock_guard guard(self.lock);
    for (py::ssize_t i = 0; i < n; ++i) to[i] = self.set.add(from[i]);
  }
  return is_new;
}

size_t length(SharedHashSet& self) {
  py::gil_scoped_release release;
  const std::lock_guard guard(self.lock);
  return self.set.size();
}

// offsets int32 [n + 1], data uint8 -> uint64 [n].
Hashes hash_strings(const py::array_t<int32_t, py::array::c_style>& offsets,
                    const py::array_t<uint8_t, py::array::c_style>& data) {
  const int32_t* at = offsets.data();
  const py::ssize_t n = offsets.size() - 1;
  if (n < 0 || at[0] < 0 || at[n] > data.size()) throw py::value_error("offsets: must lie within data");
  for (py::ssize_t i = 0; i < n; ++i) {
    if (at[i + 1] < at[i]) throw py::value_error("offsets: must not fall");
  }
  Hashes hashes(n);
  uint64_t* to = hashes.mutable_data();
  const uint8_t* bytes = data.data();
  {
    py::gil_scoped_release release;
    for (py::ssize_t i = 0; i < n; ++i) to[i] = hash_bytes(bytes + at[i], static_cast<uint64_t>(at[i + 1] - at[i]));
  }
  return hashes;
}

}  // namespace

void bind_unique(py::module_ module) {
  py::class_<SharedHashSet>(module, "HashSet")
      .def(py::init<>())
      .def("add", &add, py::arg("hashes").noconvert())
      .def("__len__", &length);
  module.def("hash_strings", &hash_strings, py::arg("offsets").noconvert(), py::arg("data").noconvert());
}

}  // namespace synthkit
