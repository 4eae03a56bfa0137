#include "cuda/philox.h"

#include "bind/cuda/bind.h"

namespace py = pybind11;

namespace synthkit {

void bind_cuda_philox(py::module_ module) {
  // counters and words [count, 4] uint32 on the device.
  module.def(
      "philox4x32",
      [](uint64_t counters, int64_t count, uint64_t key, uint64_t words, uint64_t stream) {
        cuda::philox4x32(device_pointer<const uint32_t>(counters), count, key, device_pointer<uint32_t>(words),
                         stream_of(stream));
      },
      py::arg("counters"), py::arg("count"), py::kw_only(), py::arg("key"), py::arg("words"), py::arg("stream"));
}

}  // namespace synthkit
