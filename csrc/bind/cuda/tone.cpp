#include "cuda/tone.h"

#include <pybind11/numpy.h>

#include "bind/cuda/bind.h"
#include "bind/tones.h"

namespace py = pybind11;

namespace synthkit {

namespace {

// Tones prepared on a device, with the device they are on.
struct Rows {
  int device;
  cuda::ToneRows rows;
};

Rows prepare(const Ints& waveform, const Doubles& settings, const Indices& index, int antialias, double sample_rate,
             int64_t num_samples, uint64_t key, uint32_t noise_stream, int device, uint64_t stream) {
  const std::vector<Tone> tones = gather_tones(waveform, settings, index);
  const ToneBatch batch{antialias, sample_rate, num_samples, key, noise_stream};
  const py::gil_scoped_release release;
  const cuda::OnDevice on(device);
  return {device, cuda::ToneRows(tones, batch, stream_of(stream))};
}

// Queues the rendering into rows `pitch` samples apart; peaks, if not 0, holds zeros.
void render(const Rows& rows, uint64_t out, int64_t pitch, int format, uint64_t peaks, uint64_t stream) {
  if (pitch < rows.rows.num_samples()) throw py::value_error("pitch: rows overlap");
  if (format < kFloat32 || format > kBfloat16) throw py::value_error("format: must be 0, 1 or 2");
  const py::gil_scoped_release release;
  const cuda::OnDevice on(rows.device);
  cuda::render_tones(rows.rows, {device_pointer<void>(out), pitch, static_cast<ToneFormat>(format)},
                     device_pointer<uint32_t>(peaks), stream_of(stream));
}

}  // namespace

void bind_cuda_tone(py::module_ module) {
  py::class_<Rows>(module, "Rows", py::module_local()).def("__len__", [](const Rows& rows) {
    return rows.rows.count();
  });
  module.def("prepare", &prepare, py::arg("waveform").noconvert(), py::arg("settings").noconvert(),
             py::arg("index").noconvert(), py::kw_only(), py::arg("antialias"), py::arg("sample_rate"),
             py::arg("num_samples"), py::arg("key"), py::arg("noise_stream"), py::arg("device"), py::arg("stream"));
  module.def("render", &render, py::arg("rows"), py::arg("out"), py::kw_only(), py::arg("pitch"), py::arg("format"),
             py::arg("peaks"), py::arg("stream"));
}

}  // namespace synthkit
