// What every binding file shares: one function for each family, defined in bind/<family>.cpp.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace synthkit {

void bind_cpu(py::module_ module);
void bind_philox(py::module_ module);
void bind_elementary(py::module_ module);

// A C-contiguous array of exactly T; anything else is refused by pybind11 when declared with .noconvert().
template <class T>
using Array = py::array_t<T, py::array::c_style>;

}  // namespace synthkit
