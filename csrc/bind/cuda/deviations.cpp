#include "cuda/deviations.h"

#include <pybind11/numpy.h>

#include "bind/cuda/bind.h"
#include "bind/groups.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;

constexpr size_t kMaxRows = (size_t{1} << 31) - 1;

CodeBatch batch_of(uint64_t codes, size_t models, size_t rows, size_t columns) {
  if (rows < 1 || rows > kMaxRows) throw py::value_error("rows: must be from 1 to 2^31 - 1");
  return {device_pointer<const double>(codes), models, rows, columns};
}

// codes float64 [models, rows, columns] on the device, labels int32 [K, rows] and levels int32 [K] in the host's
// memory; returns largest [models, columns] and within [models, K, columns], and how many models were worked on at a
// time.
py::tuple within_groups(uint64_t codes, size_t models, size_t rows, size_t columns, const RowNumbers& labels,
                        const RowNumbers& levels, double quantile, uint64_t stream) {
  const CodeBatch batch = batch_of(codes, models, rows, columns);
  check_quantile(quantile);
  const Groupings groupings(labels, levels, rows);
  Doubles largest({models, columns}), within({models, groupings.views().size(), columns});
  const std::span<double> largest_span(largest.mutable_data(), size_t(largest.size()));
  const std::span<double> within_span(within.mutable_data(), size_t(within.size()));
  size_t piece = 0;
  {
    py::gil_scoped_release release;
    piece = cuda::group_deviations(batch, groupings.views(), quantile, largest_span, within_span, stream_of(stream));
  }
  return py::make_tuple(largest, within, piece);
}

// index int32 [points, batch] in the host's memory; returns [models, points, columns] and the piece.
py::tuple variances(uint64_t codes, size_t models, size_t rows, size_t columns, const RowNumbers& index,
                    uint64_t stream) {
  const CodeBatch batch = batch_of(codes, models, rows, columns);
  check_rows(index, rows, 2);
  Doubles out({models, size_t(index.shape(0)), columns});
  const std::span<double> out_span(out.mutable_data(), size_t(out.size()));
  const std::span<const int32_t> index_span = span_of(index);
  const auto size = size_t(index.shape(1));
  size_t piece = 0;
  {
    py::gil_scoped_release release;
    piece = cuda::sample_variances(batch, index_span, size, out_span, stream_of(stream));
  }
  return py::make_tuple(out, piece);
}

// The same of pairs of rows.
py::tuple distances(uint64_t codes, size_t models, size_t rows, size_t columns, const RowNumbers& first,
                    const RowNumbers& second, uint64_t stream) {
  const CodeBatch batch = batch_of(codes, models, rows, columns);
  check_pairs(first, second, rows);
  Doubles out({models, size_t(first.shape(0)), columns});
  const std::span<double> out_span(out.mutable_data(), size_t(out.size()));
  const std::span<const int32_t> first_span = span_of(first), second_span = span_of(second);
  const auto size = size_t(first.shape(1));
  size_t piece = 0;
  {
    py::gil_scoped_release release;
    piece = cuda::pair_distances(batch, first_span, second_span, size, out_span, stream_of(stream));
  }
  return py::make_tuple(out, piece);
}

}  // namespace

void bind_cuda_deviations(py::module_ module) {
  module.def("within_groups", &within_groups, py::arg("codes"), py::arg("models"), py::arg("rows"), py::arg("columns"),
             py::arg("labels").noconvert(), py::arg("levels").noconvert(), py::kw_only(), py::arg("quantile"),
             py::arg("stream"));
  module.def("variances", &variances, py::arg("codes"), py::arg("models"), py::arg("rows"), py::arg("columns"),
             py::arg("index").noconvert(), py::kw_only(), py::arg("stream"));
  module.def("distances", &distances, py::arg("codes"), py::arg("models"), py::arg("rows"), py::arg("columns"),
             py::arg("first").noconvert(), py::arg("second").noconvert(), py::kw_only(), py::arg("stream"));
}

}  // namespace synthkit
