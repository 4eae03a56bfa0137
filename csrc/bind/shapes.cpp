#include "cpu/shapes.h"

#include <pybind11/numpy.h>

#include <cmath>
#include <vector>

#include "bind/bind.h"
#include "common/shapes.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Bytes = py::array_t<uint8_t, py::array::c_style>;
using Doubles = py::array_t<double, py::array::c_style>;
using Kinds = py::array_t<int32_t, py::array::c_style>;

std::vector<ShapePose> gather(const Kinds& kinds, const Doubles& poses) {
  const py::ssize_t n = kinds.size();
  if (kinds.ndim() != 1 || poses.ndim() != 2 || poses.shape(0) != n || poses.shape(1) != 4) {
    throw py::value_error("kinds [n] and poses [n, 4] do not match");
  }
  std::vector<ShapePose> found(static_cast<size_t>(n));
  const double* p = poses.data();
  for (py::ssize_t i = 0; i < n; ++i, p += 4) {
    if (kinds.data()[i] < 0 || kinds.data()[i] >= kShapeKinds) throw py::value_error("kinds: no such shape");
    if (!(p[2] > 0.0) || !std::isfinite(p[0] + p[1] + p[2]) || !(std::abs(p[3]) <= 1e6)) {
      throw py::value_error("poses: must be finite, sizes above 0, degrees at most 1e6");
    }
    found[static_cast<size_t>(i)] = {p[0], p[1], p[2], p[3]};
  }
  return found;
}

// kinds [n], poses [n, 4] (x, y, size, degrees), inks and papers [n, channels] -> [n, canvas, canvas, channels].
Bytes draw(const Kinds& kinds, const Doubles& poses, const Bytes& inks, const Bytes& papers, py::ssize_t canvas,
           py::ssize_t fineness, int threads) {
  const std::vector<ShapePose> gathered = gather(kinds, poses);
  if (inks.ndim() != 2 || inks.shape(0) != kinds.size() || papers.ndim() != 2 || papers.shape(0) != inks.shape(0) ||
      papers.shape(1) != inks.shape(1)) {
    throw py::value_error("inks and papers must be [n, channels]");
  }
  if (canvas < 1 || canvas > py::ssize_t{kMaxCanvas}) throw py::value_error("canvas: must be from 1 to 256");
  if (fineness < 1 || fineness > py::ssize_t{kMaxFineness}) throw py::value_error("fineness: must be from 1 to 16");
  Bytes images({kinds.size(), canvas, canvas, inks.shape(1)});
  const ShapeBatch batch{{kinds.data(), size_t(kinds.size())},
                         gathered,
                         {inks.data(), size_t(inks.size())},
                         {papers.data(), size_t(papers.size())},
                         size_t(inks.shape(1)),
                         size_t(canvas),
                         size_t(fineness)};
  const std::span<uint8_t> target(images.mutable_data(), size_t(images.size()));
  {
    py::gil_scoped_release release;
    draw_shapes(batch, target, threads);
  }
  return images;
}

}  // namespace

void bind_shapes(py::module_ module) {
  module.def("draw", &draw, py::arg("kinds").noconvert(), py::arg("poses").noconvert(), py::arg("inks").noconvert(),
             py::arg("papers").noconvert(), py::kw_only(), py::arg("canvas"), py::arg("fineness"), py::arg("threads"));
}

}  // namespace synthkit
