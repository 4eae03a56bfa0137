#include "cpu/text.h"

#include <pybind11/numpy.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "bind/bind.h"

namespace py = pybind11;

namespace synthkit {

namespace {

// values [n, m] -> (offsets int32 [n + 1], data uint8). More than `limit` bytes (at most 2^31 - 1): OverflowError.
template <typename Number>
py::tuple join_numbers(const py::array_t<Number, py::array::c_style>& values, py::ssize_t group, int64_t limit,
                       int threads) {
  if (values.ndim() != 2) throw py::value_error("values: must be [n, m]");
  if (group < 1 || values.shape(1) % group != 0) throw py::value_error("group: must divide the columns of values");
  if (limit < 0 || limit > INT32_MAX) throw py::value_error("limit: must be from 0 to 2^31 - 1");
  const NumberTable<Number> table{
      {values.data(), size_t(values.size())}, size_t(values.shape(0)), size_t(values.shape(1)), size_t(group)};
  py::array_t<int32_t> offsets(values.shape(0) + 1);
  const std::span<int32_t> ends(offsets.mutable_data(), table.rows + 1);
  int64_t total = 0;
  {
    py::gil_scoped_release release;
    std::vector<int64_t> lengths(table.rows);
    text_lengths(table, lengths, threads);
    ends[0] = 0;
    for (size_t row = 0; row < table.rows; ++row) {
      total += lengths[row];
      ends[row + 1] = total <= limit ? int32_t(total) : 0;
    }
  }
  if (total > limit) throw std::overflow_error(std::to_string(total));
  py::array_t<uint8_t> data(total);
  const std::span<uint8_t> bytes(data.mutable_data(), size_t(total));
  {
    py::gil_scoped_release release;
    write_texts(table, ends, bytes, threads);
  }
  return py::make_tuple(offsets, data);
}

py::tuple join_integers(const py::array& values, py::ssize_t group, int64_t limit, int threads) {
  if (py::isinstance<py::array_t<uint8_t, py::array::c_style>>(values)) {
    return join_numbers<uint8_t>(values, group, limit, threads);
  }
  if (py::isinstance<py::array_t<uint16_t, py::array::c_style>>(values)) {
    return join_numbers<uint16_t>(values, group, limit, threads);
  }
  if (py::isinstance<py::array_t<int32_t, py::array::c_style>>(values)) {
    return join_numbers<int32_t>(values, group, limit, threads);
  }
  throw py::type_error("values: must be uint8, uint16 or int32 in C order");
}

}  // namespace

void bind_text(py::module_ module) {
  module.def("join_integers", &join_integers, py::arg("values"), py::kw_only(), py::arg("group"), py::arg("limit"),
             py::arg("threads"));
}

}  // namespace synthkit
