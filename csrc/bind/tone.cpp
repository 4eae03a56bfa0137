#include "cpu/tone.h"

#include <pybind11/numpy.h>

#include <cmath>
#include <vector>

#include "bind/bind.h"
#include "bind/tones.h"

namespace py = pybind11;

namespace synthkit {

namespace {

// columns: 14 floats or float64 arrays [n] or [1]. Returns settings [n, 14] and each column's least and largest number,
// NaN where there is one. In one call: after a large batch nothing of NumPy is in the cache, and each call is dear.
py::tuple settings(const py::sequence& columns, py::ssize_t n) {
  if (py::len(columns) != size_t(kToneColumns)) throw py::value_error("columns: must be 14");
  Doubles table({n, kToneColumns});
  double* to = table.mutable_data();
  py::list least, most;
  for (py::ssize_t k = 0; k < kToneColumns; ++k) {
    const py::object column = columns[k];
    double low = HUGE_VAL, high = -HUGE_VAL;
    if (py::isinstance<py::float_>(column)) {
      low = high = column.cast<double>();
      for (py::ssize_t i = 0; i < n; ++i) to[i * kToneColumns + k] = low;
    } else {
      const auto values = column.cast<Doubles>();
      if (values.ndim() != 1 || (values.size() != n && values.size() != 1)) {
        throw py::value_error("columns: must be floats or of shape [n]");
      }
      const double* from = values.data();
      const py::ssize_t step = values.size() == 1 ? 0 : 1;
      for (py::ssize_t i = 0; i < n; ++i) {
        const double value = from[i * step];
        to[i * kToneColumns + k] = value;
        if (!(value >= low)) low = std::isnan(low) ? low : value;
        if (!(value <= high)) high = std::isnan(high) ? high : value;
      }
    }
    least.append(low);
    most.append(high);
  }
  return py::make_tuple(table, least, most);
}

ToneFormat format_of(const py::array& out) {
  if (py::isinstance<py::array_t<float>>(out)) return kFloat32;
  if (py::isinstance<py::array_t<int16_t>>(out)) return kPcm16;
  if (py::isinstance<py::array_t<uint16_t>>(out)) return kBfloat16;
  throw py::value_error("out: must be float32, int16 or (bfloat16) uint16");
}

// out: float32, int16 or uint16 (the bits of bfloat16) [n, num_samples], rows apart at will, samples side by side.
// Returns peaks float32 [n].
py::array_t<float> render(const Ints& waveform, const Doubles& settings, const Indices& index, int antialias,
                          double sample_rate, uint64_t key, uint32_t stream, py::array out, int threads) {
  const std::vector<Tone> tones = gather_tones(waveform, settings, index);
  const auto n = static_cast<py::ssize_t>(tones.size());
  const ToneFormat format = format_of(out);
  if (out.ndim() != 2 || out.shape(0) != n || (out.shape(1) > 1 && out.strides(1) != out.itemsize())) {
    throw py::value_error("out: must be [n, num_samples] with samples side by side");
  }
  const ToneBatch batch{antialias, sample_rate, out.shape(1), key, stream};
  const ToneOutput target{static_cast<std::byte*>(out.mutable_data()), out.strides(0), format};
  py::array_t<float> peaks(n);
  const std::span<float> peak_span(peaks.mutable_data(), tones.size());
  {
    py::gil_scoped_release release;
    render_tones(tones, batch, target, peak_span, threads);
  }
  return peaks;
}

}  // namespace

void bind_tone(py::module_ module) {
  module.def("settings", &settings, py::arg("columns"), py::arg("n"));
  module.def("render", &render, py::arg("waveform").noconvert(), py::arg("settings").noconvert(),
             py::arg("index").noconvert(), py::kw_only(), py::arg("antialias"), py::arg("sample_rate"), py::arg("key"),
             py::arg("stream"), py::arg("out").noconvert(), py::arg("threads"));
}

}  // namespace synthkit
