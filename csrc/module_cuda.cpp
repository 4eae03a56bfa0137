// Creates the submodules of synthkit._cuda; binds nothing itself.
#include "bind/cuda/bind.h"
#include "cuda/error.h"

PYBIND11_MODULE(_cuda, module, pybind11::mod_gil_not_used()) {
  module.doc() = "Kernels of synthkit for NVIDIA GPUs";
  const auto error = pybind11::register_local_exception<synthkit::cuda::Error>(module, "Error", PyExc_RuntimeError);
  pybind11::register_local_exception<synthkit::cuda::NoDevice>(module, "NoDevice", error);
  pybind11::register_local_exception<synthkit::cuda::OutOfMemory>(module, "OutOfMemory", error);
  synthkit::bind_cuda_device(module.def_submodule("device", "Devices"));
  synthkit::bind_cuda_memory(module.def_submodule("memory", "Memory of a device"));
  synthkit::bind_cuda_dlpack(module.def_submodule("dlpack", "Arrays of other libraries"));
  synthkit::bind_cuda_philox(module.def_submodule("philox", "Counter-based random numbers"));
  synthkit::bind_cuda_tone(module.def_submodule("tone", "Tones"));
  synthkit::bind_cuda_joint(module.def_submodule("joint", "Bins, joint histograms, mutual information"));
  synthkit::bind_cuda_knn(module.def_submodule("knn", "Nearest-neighbour mutual information"));
  synthkit::bind_cuda_deviations(module.def_submodule("deviations", "Deviations within groups and samples of rows"));
#ifdef SK_EMULATED_MODULE
  synthkit::bind_emulator(module.def_submodule("emulator", "The machine that tests run on"));
#endif
}
