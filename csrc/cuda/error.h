// Every call of the CUDA runtime is checked; what fails is thrown as one of these.
#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

namespace synthkit::cuda {

// Work on a device failed.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The device has not that much memory: the caller may try less at a time.
struct OutOfMemory : Error {
  using Error::Error;
};

// There is no driver, no device, or none of that number.
struct NoDevice : Error {
  using Error::Error;
};

// Throws unless it is a success; `what` names the call or the kernel.
void check(cudaError_t status, const char* what);

}  // namespace synthkit::cuda
