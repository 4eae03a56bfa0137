// One bind function a family; device memory and streams are numbers here, checked in Python (synthkit/ops/cuda).
#pragma once

#include <cuda_runtime.h>
#include <pybind11/pybind11.h>

#include <cstdint>

namespace synthkit {

void bind_cuda_device(pybind11::module_ module);
void bind_cuda_memory(pybind11::module_ module);
void bind_cuda_dlpack(pybind11::module_ module);
void bind_cuda_philox(pybind11::module_ module);
void bind_cuda_tone(pybind11::module_ module);
void bind_cuda_joint(pybind11::module_ module);
void bind_cuda_knn(pybind11::module_ module);
void bind_cuda_deviations(pybind11::module_ module);
void bind_emulator(pybind11::module_ module);  // in the tests' build only

// An address on the device as Python has it.
template <typename T>
T* device_pointer(uint64_t address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

inline cudaStream_t stream_of(uint64_t handle) {
  return reinterpret_cast<cudaStream_t>(static_cast<uintptr_t>(handle));
}

}  // namespace synthkit
