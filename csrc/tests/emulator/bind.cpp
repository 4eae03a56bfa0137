// The emulated machine as Python tests see and set it.
#include <cuda_runtime.h>

#include "bind/cuda/bind.h"

namespace synthkit {

void bind_emulator(pybind11::module_ module) {
  using emulator::machine;
  module.def("set_devices", [](int count) { machine.devices = count; });
  module.def("set_memory", [](size_t bytes) { machine.memory = bytes; });
  module.def("in_use", [] { return machine.in_use; });
  module.def("fail_next_launch", [] { machine.next_failure = cudaErrorIllegalAddress; });
}

}  // namespace synthkit
