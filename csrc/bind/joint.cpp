#include "cpu/joint.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"
#include "cpu/bins.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;
using Bins = py::array_t<uint16_t, py::array::c_style>;
using Sizes = py::array_t<int32_t, py::array::c_style>;

// codes [B, N, D]; returns bins uint16 [B, D, N] and how many each column has, int32 [B, D].
py::tuple cut(const Doubles& codes, int bins, bool quantile, int threads) {
  if (codes.ndim() != 3 || codes.shape(1) < 1 || bins < 1 || bins > 65536) {
    throw py::value_error("codes must be [B, N, D] with N >= 1, and bins from 1 to 65536");
  }
  const CodeBatch batch{codes.data(), size_t(codes.shape(0)), size_t(codes.shape(1)), size_t(codes.shape(2))};
  Bins out({codes.shape(0), codes.shape(2), codes.shape(1)});
  Sizes used({codes.shape(0), codes.shape(2)});
  const std::span<uint16_t> out_span(out.mutable_data(), size_t(out.size()));
  const std::span<int32_t> used_span(used.mutable_data(), size_t(used.size()));
  {
    py::gil_scoped_release release;
    cut_into_bins(batch, bins, quantile, out_span, used_span, threads);
  }
  return py::make_tuple(out, used);
}

BinnedColumns columns_of(const Bins& data, const Sizes& sizes) {
  if (data.ndim() != 2 || sizes.ndim() != 1 || sizes.size() != data.shape(0)) {
    throw py::value_error("bins must be [M, N] and sizes [M]");
  }
  const auto rows = size_t(data.shape(1));
  for (py::ssize_t c = 0; c < sizes.size(); ++c) {
    const uint16_t* column = data.data() + size_t(c) * rows;
    const int32_t size = sizes.data()[c];
    uint16_t most = 0;
    for (size_t i = 0; i < rows; ++i) most = column[i] > most ? column[i] : most;
    if (size < 1 || most >= size) throw py::value_error("sizes: a bin is beyond its column's size");
  }
  return {{data.data(), size_t(data.size())}, {sizes.data(), size_t(sizes.size())}, rows};
}

// Counts of one pair of columns: uint32 [a's size, b's size].
py::array_t<uint32_t> counts(const Bins& a, const Bins& b, int a_size, int b_size) {
  const Sizes a_sizes(py::ssize_t{1}, &a_size), b_sizes(py::ssize_t{1}, &b_size);
  const BinnedColumns first = columns_of(a, a_sizes), second = columns_of(b, b_sizes);
  if (first.rows != second.rows) throw py::value_error("both columns must have as many rows");
  py::array_t<uint32_t> table({a_size, b_size});
  const std::span<uint32_t> span(table.mutable_data(), size_t(table.size()));
  joint_counts(first.column(0), second.column(0), first.rows, size_t(a_size), size_t(b_size), span);
  return table;
}

// codes [M, N], labels [K, N]; returns plug-in, expected (zeros if not asked for), freedom: [M, K] each.
py::tuple information(const Bins& codes, const Sizes& code_sizes, const Bins& labels, const Sizes& label_sizes,
                      bool expected, int threads) {
  const BinnedColumns a = columns_of(codes, code_sizes), b = columns_of(labels, label_sizes);
  if (a.rows != b.rows) throw py::value_error("codes and labels must have as many rows");
  const py::ssize_t shape[2] = {codes.shape(0), labels.shape(0)};
  Doubles plug_in(shape), mean(shape);
  py::array_t<int64_t> freedom(shape);
  const auto size = size_t(plug_in.size());
  std::fill_n(mean.mutable_data(), size, 0.0);
  const InformationOutput out{
      {plug_in.mutable_data(), size}, {mean.mutable_data(), expected ? size : 0}, {freedom.mutable_data(), size}};
  {
    py::gil_scoped_release release;
    mutual_information(a, b, out, threads);
  }
  return py::make_tuple(plug_in, mean, freedom);
}

}  // namespace

void bind_joint(py::module_ module) {
  module.def("cut", &cut, py::arg("codes").noconvert(), py::kw_only(), py::arg("bins"), py::arg("quantile"),
             py::arg("threads"));
  module.def("counts", &counts, py::arg("a").noconvert(), py::arg("b").noconvert(), py::kw_only(), py::arg("a_size"),
             py::arg("b_size"));
  module.def("information", &information, py::arg("codes").noconvert(), py::arg("code_sizes").noconvert(),
             py::arg("labels").noconvert(), py::arg("label_sizes").noconvert(), py::kw_only(), py::arg("expected"),
             py::arg("threads"));
}

}  // namespace synthkit
