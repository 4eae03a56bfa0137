#include "cpu/deviations.h"

#include <pybind11/numpy.h>

#include <vector>

#include "bind/bind.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;
using Rows = py::array_t<int32_t, py::array::c_style>;

CodeBatch batch_of(const Doubles& codes) {
  if (codes.ndim() != 3 || codes.shape(1) < 1) throw py::value_error("codes must be [B, N, D] with N >= 1");
  return {codes.data(), size_t(codes.shape(0)), size_t(codes.shape(1)), size_t(codes.shape(2))};
}

void check_rows(const Rows& rows, const CodeBatch& codes, py::ssize_t least_batch) {
  if (rows.ndim() != 2 || rows.shape(1) < least_batch) throw py::value_error("rows must be [points, batch]");
  for (py::ssize_t i = 0; i < rows.size(); ++i) {
    if (rows.data()[i] < 0 || size_t(rows.data()[i]) >= codes.rows) throw py::value_error("rows: beyond the codes");
  }
}

// One grouping: the rows in the order of their labels, by counting.
struct Grouping {
  std::vector<int32_t> order, starts;
};

Grouping group(const int32_t* labels, size_t rows, int32_t levels) {
  Grouping found{std::vector<int32_t>(rows), std::vector<int32_t>(size_t(levels) + 1)};
  for (size_t i = 0; i < rows; ++i) {
    if (labels[i] < 0 || labels[i] >= levels) throw py::value_error("labels: beyond the number of levels");
    ++found.starts[size_t(labels[i]) + 1];
  }
  for (size_t g = 0; g < size_t(levels); ++g) found.starts[g + 1] += found.starts[g];
  std::vector<int32_t> next(found.starts.begin(), found.starts.end() - 1);
  for (size_t i = 0; i < rows; ++i) found.order[size_t(next[size_t(labels[i])]++)] = int32_t(i);
  return found;
}

// codes [B, N, D], labels int32 [K, N]; returns largest [B, D] and within [B, K, D].
py::tuple within_groups(const Doubles& codes, const Rows& labels, const Rows& levels, double quantile, int threads) {
  const CodeBatch batch = batch_of(codes);
  if (labels.ndim() != 2 || size_t(labels.shape(1)) != batch.rows || levels.size() != labels.shape(0)) {
    throw py::value_error("labels must be [K, N] and levels [K]");
  }
  if (!(quantile >= 0.0 && quantile <= 1.0)) throw py::value_error("quantile must be in 0..1");
  std::vector<Grouping> groupings;
  std::vector<RowGroups> views;
  for (py::ssize_t k = 0; k < labels.shape(0); ++k) {
    groupings.push_back(group(labels.data(k, 0), batch.rows, levels.data()[k]));
  }
  for (const Grouping& grouping : groupings) views.push_back({grouping.order, grouping.starts});
  Doubles largest({codes.shape(0), codes.shape(2)}), within({codes.shape(0), labels.shape(0), codes.shape(2)});
  const std::span<double> largest_span(largest.mutable_data(), size_t(largest.size()));
  const std::span<double> within_span(within.mutable_data(), size_t(within.size()));
  {
    py::gil_scoped_release release;
    group_deviations(batch, views, quantile, largest_span, within_span, threads);
  }
  return py::make_tuple(largest, within);
}

Doubles variances(const Doubles& codes, const Rows& rows, int threads) {
  const CodeBatch batch = batch_of(codes);
  check_rows(rows, batch, 2);
  Doubles out({codes.shape(0), rows.shape(0), codes.shape(2)});
  const std::span<const int32_t> row_span(rows.data(), size_t(rows.size()));
  const std::span<double> out_span(out.mutable_data(), size_t(out.size()));
  const auto size = size_t(rows.shape(1));
  {
    py::gil_scoped_release release;
    sample_variances(batch, row_span, size, out_span, threads);
  }
  return out;
}

Doubles distances(const Doubles& codes, const Rows& first, const Rows& second, int threads) {
  const CodeBatch batch = batch_of(codes);
  check_rows(first, batch, 1);
  check_rows(second, batch, 1);
  if (first.shape(0) != second.shape(0) || first.shape(1) != second.shape(1)) {
    throw py::value_error("first and second must have one shape");
  }
  Doubles out({codes.shape(0), first.shape(0), codes.shape(2)});
  const std::span<const int32_t> first_span(first.data(), size_t(first.size()));
  const std::span<const int32_t> second_span(second.data(), size_t(second.size()));
  const std::span<double> out_span(out.mutable_data(), size_t(out.size()));
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
