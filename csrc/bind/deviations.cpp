#include "cpu/deviations.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"
#include "bind/groups.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;

CodeBatch batch_of(const Doubles& codes) {
  if (codes.ndim() != 3 || codes.shape(1) < 1) throw py::value_error("codes must be [B, N, D] with N >= 1");
  return {codes.data(), size_t(codes.shape(0)), size_t(codes.shape(1)), size_t(codes.shape(2))};
}

// codes [B, N, D], labels int32 [K, N]; returns largest [B, D] and within [B, K, D].
py::tuple within_groups(const Doubles& codes, const RowNumbers& labels, const RowNumbers& levels, double quantile,
                        int threads) {
  const CodeBatch batch = batch_of(codes);
  check_quantile(quantile);
  const Groupings groupings(labels, levels, batch.rows);
  Doubles largest({codes.shape(0), codes.shape(2)}), within({codes.shape(0), labels.shape(0), codes.shape(2)});
  const std::span<double> largest_span(largest.mutable_data(), size_t(largest.size()));
  const std::span<double> within_span(within.mutable_data(), size_t(within.size()));
  {
    py::gil_scoped_release release;
    group_deviations(batch, groupings.views(), quantile, largest_span, within_span, threads);
  }
  return py::make_tuple(largest, within);
}

Doubles variances(const Doubles& codes, const RowNumbers& rows, int threads) {
  const CodeBatch batch = batch_of(codes);
  check_rows(rows, batch.rows, 2);
  Doubles out({codes.shape(0), rows.shape(0), codes.shape(2)});
  const std::span<double> out_span(out.mutable_data(), size_t(out.size()));
  const std::span<const int32_t> row_span = span_of(rows);
  const auto size = size_t(rows.shape(1));
  {
    py::gil_scoped_release release;
    sample_variances(batch, row_span, size, out_span, threads);
  }
  return out;
}

Doubles distances(const Doubles& codes, const RowNumbers& first, const RowNumbers& second, int threads) {
  const CodeBatch batch = batch_of(codes);
  check_pairs(first, second, batch.rows);
  Doubles out({codes.shape(0), first.shape(0), codes.shape(2)});
  const std::span<double> out_span(out.mutable_data(), size_t(out.size()));
  const std::span<const int32_t> first_span = span_of(first), second_span = span_of(second);
  const auto size = size_t(first.shape(1));
  {
    py::gil_scoped_release release;
    pair_distances(batch, first_span, second_span, size, out_span, threads);
  }
  return out;
}

}  // namespace

void bind_deviations(py::module_ module) {
  module.def("within_groups", &within_groups, py::arg("codes").noconvert(), py::arg("labels").noconvert(),
             py::arg("levels").noconvert(), py::kw_only(), py::arg("quantile"), py::arg("threads"));
  module.def("variances", &variances, py::arg("codes").noconvert(), py::arg("rows").noconvert(), py::kw_only(),
             py::arg("threads"));
  module.def("distances", &distances, py::arg("codes").noconvert(), py::arg("first").noconvert(),
             py::arg("second").noconvert(), py::kw_only(), py::arg("threads"));
}

}  // namespace synthkit
