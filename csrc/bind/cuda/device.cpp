#include <cuda_runtime.h>

#include <string>

#include "bind/cuda/bind.h"
#include "cuda/memory.h"

namespace py = pybind11;

namespace synthkit {

namespace {

// How many devices there are; throws NoDevice, with the reason, where there is none.
int count() {
  int found = 0, driver = 0;
  cuda::check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  // The runtime itself calls a driver that is not there one that is too old.
  if (driver == 0) throw cuda::NoDevice("no NVIDIA driver is installed");
  cuda::check(cudaGetDeviceCount(&found), "looking for GPUs");
  if (found == 0) throw cuda::NoDevice("looking for GPUs: none found");
  return found;
}

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  cuda::check(cudaDeviceGetAttribute(&value, which, device), "cudaDeviceGetAttribute");
  return value;
}

py::dict describe(int device) {
  const cuda::OnDevice on(device);
  cudaDeviceProp properties;
  cuda::check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  size_t free = 0, total = 0;
  cuda::check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  py::dict found;
  found["name"] = std::string(properties.name);
  found["capability"] = py::make_tuple(attribute(cudaDevAttrComputeCapabilityMajor, device),
                                       attribute(cudaDevAttrComputeCapabilityMinor, device));
  found["multiprocessors"] = attribute(cudaDevAttrMultiProcessorCount, device);
  found["l2_bytes"] = attribute(cudaDevAttrL2CacheSize, device);
  found["free_bytes"] = free;
  found["total_bytes"] = total;
  return found;
}

// As CUDA numbers them: 13000 is 13.0; the driver's is 0 where there is none.
py::dict versions() {
  int driver = 0, runtime = 0;
  cuda::check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  cuda::check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  py::dict found;
  found["driver"] = driver;
  found["runtime"] = runtime;
  return found;
}

// Makes a device the calling thread's; returns the one before.
int select(int device) {
  int before = 0;
  cuda::check(cudaGetDevice(&before), "cudaGetDevice");
  if (device != before) cuda::check(cudaSetDevice(device), "cudaSetDevice");
  return before;
}

}  // namespace

void bind_cuda_device(py::module_ module) {
  module.def("count", &count);
  module.def("describe", &describe, py::arg("device"));
  module.def("versions", &versions);
  module.def("select", &select, py::arg("device"));
}

}  // namespace synthkit
