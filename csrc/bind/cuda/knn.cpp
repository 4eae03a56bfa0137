#include "cuda/knn.h"

#include <pybind11/numpy.h>

#include "bind/cuda/bind.h"
#include "bind/labels.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Doubles = py::array_t<double, py::array::c_style>;
using Ints = py::array_t<int32_t, py::array::c_style>;

constexpr size_t kMaxRows = size_t{1} << 30;

KnnCodes view(uint64_t codes, size_t models, size_t rows, size_t columns) {
  if (rows < 1 || rows > kMaxRows) throw py::value_error("rows: must be from 1 to 2^30");
  return {device_pointer<const double>(codes), models, rows, columns};
}

// codes float64 [models, rows, columns] and targets float64 [num_targets, rows] on the device; returns
// [models, num_targets, columns], and how many columns of codes were worked on at a time.
py::tuple continuous(uint64_t codes, size_t models, size_t rows, size_t columns, uint64_t targets, size_t num_targets,
                     int32_t neighbours, bool clip, uint64_t stream) {
  const KnnCodes from = view(codes, models, rows, columns);
  if (neighbours < 1 || static_cast<size_t>(neighbours) >= rows) {
    throw py::value_error("neighbours: must be from 1 to n - 1");
  }
  Doubles out({models, num_targets, columns});
  const std::span<double> to(out.mutable_data(), static_cast<size_t>(out.size()));
  size_t piece = 0;
  {
    py::gil_scoped_release release;
    piece = cuda::mi_continuous(from, device_pointer<const double>(targets), num_targets, {neighbours, clip}, to,
                                stream_of(stream));
  }
  return py::make_tuple(out, piece);
}

// The same for labels int32 [k, rows] in the host's memory.
py::tuple discrete(uint64_t codes, size_t models, size_t rows, size_t columns, const Ints& labels, int32_t neighbours,
                   bool clip, uint64_t stream) {
  const KnnCodes from = view(codes, models, rows, columns);
  if (neighbours < 1) throw py::value_error("neighbours: must be 1 or more");
  const std::vector<KnnLabels> targets = count_all_labels(labels, rows);
  Doubles out({models, targets.size(), columns});
  const std::span<double> to(out.mutable_data(), static_cast<size_t>(out.size()));
  size_t piece = 0;
  {
    py::gil_scoped_release release;
    piece = cuda::mi_discrete(from, targets, {neighbours, clip}, to, stream_of(stream));
  }
  return py::make_tuple(out, piece);
}

// Queues the noise: codes and out are float64 [models, rows, columns] on the device.
void with_noise(uint64_t codes, size_t models, size_t rows, size_t columns, uint64_t key, uint32_t noise_stream,
                uint64_t out, uint64_t stream) {
  const KnnCodes from = view(codes, models, rows, columns);
  const py::gil_scoped_release release;
  cuda::break_ties(from, key, noise_stream, device_pointer<double>(out), stream_of(stream));
}

}  // namespace

void bind_cuda_knn(py::module_ module) {
  module.def("mi_continuous", &continuous, py::arg("codes"), py::arg("models"), py::arg("rows"), py::arg("columns"),
             py::arg("targets"), py::arg("num_targets"), py::kw_only(), py::arg("neighbours"), py::arg("clip"),
             py::arg("stream"));
  module.def("mi_discrete", &discrete, py::arg("codes"), py::arg("models"), py::arg("rows"), py::arg("columns"),
             py::arg("labels").noconvert(), py::kw_only(), py::arg("neighbours"), py::arg("clip"), py::arg("stream"));
  module.def("break_ties", &with_noise, py::arg("codes"), py::arg("models"), py::arg("rows"), py::arg("columns"),
             py::kw_only(), py::arg("key"), py::arg("noise_stream"), py::arg("out"), py::arg("stream"));
}

}  // namespace synthkit
