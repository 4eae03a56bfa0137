#include "cuda/error.h"

namespace synthkit::cuda {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  const std::string said =
      std::string(what) + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")";
  switch (status) {
    case cudaErrorMemoryAllocation:
      cudaGetLastError();  // it is no lasting error: the next call must not find it
      throw OutOfMemory(said);
    case cudaErrorNoDevice:
    case cudaErrorInsufficientDriver:
    case cudaErrorInvalidDevice:
      cudaGetLastError();
      throw NoDevice(said);
    default:
      throw Error(said);
  }
}

}  // namespace synthkit::cuda
