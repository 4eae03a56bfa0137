#include "cpu/knn.h"

#include <pybind11/numpy.h>

#include "bind/bind.h"
#include "bind/labels.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;
using Ints = py::array_t<int32_t, py::array::c_style>;

constexpr py::ssize_t kMaxRows = py::ssize_t{1} << 30;

KnnCodes view(const Doubles& codes) {
  if (codes.ndim() != 3 || codes.shape(1) > kMaxRows) throw py::value_error("codes: must be of shape [b, n, d]");
  return {codes.data(), static_cast<size_t>(codes.shape(0)), static_cast<size_t>(codes.shape(1)),
          static_cast<size_t>(codes.shape(2))};
}

// codes [b, n, d], labels [k, n] -> [b, k, d]
Doubles discrete(const Doubles& codes, const Ints& labels, int32_t neighbours, bool clip, int threads) {
  const KnnCodes from = view(codes);
  if (neighbours < 1) throw py::value_error("neighbours: must be 1 or more");
  const std::vector<KnnLabels> targets = count_all_labels(labels, from.rows);
  Doubles out({codes.shape(0), labels.shape(0), codes.shape(2)});
  const std::span<double> to(out.mutable_data(), static_cast<size_t>(out.size()));
  {
    py::gil_scoped_release release;
    mi_discrete(from, targets, {neighbours, clip, threads}, to);
  }
  return out;
}

// codes [b, n, d], targets [k, n] -> [b, k, d]
Doubles continuous(const Doubles& codes, const Doubles& targets, int32_t neighbours, bool clip, int threads) {
  const KnnCodes from = view(codes);
  if (targets.ndim() != 2 || targets.shape(1) != codes.shape(1)) {
    throw py::value_error("targets: must be of shape [k, n]");
  }
  if (neighbours < 1 || static_cast<size_t>(neighbours) >= from.rows) {
    throw py::value_error("neighbours: must be from 1 to n - 1");
  }
  Doubles out({codes.shape(0), targets.shape(0), codes.shape(2)});
  const std::span<const double> given(targets.data(), static_cast<size_t>(targets.size()));
  const std::span<double> to(out.mutable_data(), static_cast<size_t>(out.size()));
  {
    py::gil_scoped_release release;
    mi_continuous(from, given, {neighbours, clip, threads}, to);
  }
  return out;
}

// codes [b, n, d] -> the same shape
Doubles with_noise(const Doubles& codes, uint64_t key, uint32_t stream, int threads) {
  const KnnCodes from = view(codes);
  Doubles out({codes.shape(0), codes.shape(1), codes.shape(2)});
  const std::span<double> to(out.mutable_data(), static_cast<size_t>(out.size()));
  {
    py::gil_scoped_release release;
    break_ties(from, key, stream, threads, to);
  }
  return out;
}

}  // namespace

void bind_knn(py::module_ module) {
  module.def("mi_discrete", &discrete, py::arg("codes").noconvert(), py::arg("labels").noconvert(), py::kw_only(),
             py::arg("neighbours"), py::arg("clip"), py::arg("threads"));
  module.def("mi_continuous", &continuous, py::arg("codes").noconvert(), py::arg("targets").noconvert(), py::kw_only(),
             py::arg("neighbours"), py::arg("clip"), py::arg("threads"));
  module.def("break_ties", &with_noise, py::arg("codes").noconvert(), py::kw_only(), py::arg("key"), py::arg("stream"),
             py::arg("threads"));
}

}  // namespace synthkit
