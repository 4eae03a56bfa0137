#include "cuda/joint.h"

#include <pybind11/numpy.h>

#include <string>

#include "bind/cuda/bind.h"
#include "cuda/bins.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;
using Sizes = py::array_t<int32_t, py::array::c_style>;
using Whole = py::array_t<int64_t, py::array::c_style>;

// codes [models, rows, columns] float64, index [models, columns, rows] uint16, on the device; returns how many bins
// each column has, int32 [models, columns], and how many models were cut at a time.
py::tuple cut(uint64_t codes, size_t models, size_t rows, size_t columns, int bins, bool quantile, uint64_t index,
              uint64_t stream) {
  if (rows < 1 || bins < 1 || bins > 65536) throw py::value_error("rows must be >= 1, and bins from 1 to 65536");
  Sizes used({models, columns});
  const std::span<int32_t> used_span(used.mutable_data(), size_t(used.size()));
  size_t piece = 0;
  {
    py::gil_scoped_release release;
    piece = cuda::cut_into_bins({device_pointer<const double>(codes), models, rows, columns}, bins, quantile,
                                device_pointer<uint16_t>(index), used_span, stream_of(stream));
  }
  return py::make_tuple(used, piece);
}

// What is beyond its size would be counted beside the table. Looks through the columns on the device.
void check_sizes(const cuda::ColumnsOnDevice& columns, const char* name, cudaStream_t stream) {
  const std::vector<int32_t> needed = cuda::column_sizes(columns.data, columns.count(), columns.rows, stream);
  for (size_t c = 0; c < needed.size(); ++c) {
    if (columns.sizes[c] < needed[c] || columns.sizes[c] > 65536) {
      throw py::value_error(std::string(name) + ": a bin is beyond its column's size");
    }
  }
}

// Counts of one pair of columns, uint16 [rows] each, on the device: uint32 [a's size, b's size].
py::array_t<uint32_t> counts(uint64_t a, uint64_t b, size_t rows, int a_size, int b_size, uint64_t stream) {
  if (rows < 1 || a_size < 1 || b_size < 1) throw py::value_error("rows and sizes must be >= 1");
  const cuda::ColumnsOnDevice first{device_pointer<const uint16_t>(a), {&a_size, 1}, rows};
  const cuda::ColumnsOnDevice second{device_pointer<const uint16_t>(b), {&b_size, 1}, rows};
  {
    py::gil_scoped_release release;
    check_sizes(first, "a_size", stream_of(stream));
    check_sizes(second, "b_size", stream_of(stream));
  }
  py::array_t<uint32_t> table({a_size, b_size});
  const std::span<uint32_t> span(table.mutable_data(), size_t(table.size()));
  {
    py::gil_scoped_release release;
    cuda::joint_counts(first.data, second.data, rows, size_t(a_size), size_t(b_size), span, stream_of(stream));
  }
  return table;
}

// The greatest number of each column, plus 1: int32 [columns] of uint16 [columns, rows] on the device.
Sizes sizes(uint64_t data, size_t columns, size_t rows, uint64_t stream) {
  if (rows < 1) throw py::value_error("rows must be >= 1");
  std::vector<int32_t> found;
  {
    py::gil_scoped_release release;
    found = cuda::column_sizes(device_pointer<const uint16_t>(data), columns, rows, stream_of(stream));
  }
  return Sizes(py::ssize_t(found.size()), found.data());
}

// codes uint16 [M, rows], labels uint16 [K, rows], on the device; returns plug-in, expected (zeros if not asked for),
// freedom: [M, K] each, and how many code columns were worked on at a time.
py::tuple information(uint64_t codes, const Sizes& code_sizes, uint64_t labels, const Sizes& label_sizes, size_t rows,
                      bool expected, uint64_t stream) {
  if (rows < 1 || code_sizes.ndim() != 1 || label_sizes.ndim() != 1) {
    throw py::value_error("rows must be >= 1, and sizes [columns]");
  }
  const py::ssize_t shape[2] = {code_sizes.size(), label_sizes.size()};
  Doubles plug_in(shape), mean(shape);
  Whole freedom(shape);
  const auto size = size_t(plug_in.size());
  std::fill_n(mean.mutable_data(), size, 0.0);
  const cuda::InformationFound found{
      {plug_in.mutable_data(), size}, {mean.mutable_data(), expected ? size : 0}, {freedom.mutable_data(), size}};
  const cuda::ColumnsOnDevice a{
      device_pointer<const uint16_t>(codes), {code_sizes.data(), size_t(code_sizes.size())}, rows};
  const cuda::ColumnsOnDevice b{
      device_pointer<const uint16_t>(labels), {label_sizes.data(), size_t(label_sizes.size())}, rows};
  size_t piece = 0;
  {
    py::gil_scoped_release release;
    check_sizes(a, "code_sizes", stream_of(stream));
    check_sizes(b, "label_sizes", stream_of(stream));
    piece = cuda::mutual_information(a, b, found, stream_of(stream));
  }
  return py::make_tuple(plug_in, mean, freedom, piece);
}

}  // namespace

void bind_cuda_joint(py::module_ module) {
  module.def("cut", &cut, py::arg("codes"), py::arg("models"), py::arg("rows"), py::arg("columns"), py::kw_only(),
             py::arg("bins"), py::arg("quantile"), py::arg("index"), py::arg("stream"));
  module.def("counts", &counts, py::arg("a"), py::arg("b"), py::arg("rows"), py::kw_only(), py::arg("a_size"),
             py::arg("b_size"), py::arg("stream"));
  module.def("sizes", &sizes, py::arg("data"), py::arg("columns"), py::arg("rows"), py::kw_only(), py::arg("stream"));
  module.def("information", &information, py::arg("codes"), py::arg("code_sizes").noconvert(), py::arg("labels"),
             py::arg("label_sizes").noconvert(), py::arg("rows"), py::kw_only(), py::arg("expected"),
             py::arg("stream"));
}

}  // namespace synthkit
