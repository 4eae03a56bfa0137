// The runtime's calls, where device memory is the CPU's own and a stream does all at once.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorNotReady = 600,
  cudaErrorNotSupported = 801,
  cudaErrorIllegalAddress = 700,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum { cudaEventDisableTiming = 2 };
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount,
  cudaDevAttrComputeCapabilityMajor,
  cudaDevAttrComputeCapabilityMinor,
  cudaDevAttrMaxSharedMemoryPerBlockOptin,
  cudaDevAttrL2CacheSize,
  cudaDevAttrMemoryPoolsSupported,
};
enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold };
using cudaMemPool_t = struct emulated_pool*;
enum cudaMemoryType {
  cudaMemoryTypeUnregistered = 0,
  cudaMemoryTypeHost = 1,
  cudaMemoryTypeDevice = 2,
  cudaMemoryTypeManaged = 3,
};
struct cudaDeviceProp {
  char name[256];
};

using cudaStream_t = struct emulated_stream*;
using cudaEvent_t = struct emulated_event*;
struct cudaPointerAttributes {
  cudaMemoryType type;
  int device;
};

namespace emulator {

// What a test sets, and what it looks at afterwards.
struct Machine {
  int devices = 1;
  bool pools = true;
  size_t memory = size_t{1} << 30;  // bytes of the device; asking for more fails
  size_t in_use = 0;
  cudaError_t next_failure = cudaSuccess;  // of the next launch
  std::map<const void*, size_t> blocks;
  std::set<const void*> pooled;  // those of them that came from a pool
};

inline Machine machine;

inline cudaError_t allocate(void** out, size_t bytes) {
  if (machine.devices == 0) return cudaErrorNoDevice;
  if (machine.in_use + bytes > machine.memory) return cudaErrorMemoryAllocation;
  // No byte more than was asked for: what is beyond belongs to the address sanitizer.
  void* block = nullptr;
  if (posix_memalign(&block, 256, bytes) != 0) return cudaErrorMemoryAllocation;
  std::memset(block, 0xA5, bytes);  // memory is not zero to begin with
  machine.blocks[block] = bytes;
  machine.in_use += bytes;
  *out = block;
  return cudaSuccess;
}

inline cudaError_t release(void* block) {
  if (block == nullptr) return cudaSuccess;
  const auto found = machine.blocks.find(block);
  if (found == machine.blocks.end()) return cudaErrorInvalidValue;
  machine.in_use -= found->second;
  machine.blocks.erase(found);
  std::free(block);
  return cudaSuccess;
}

}  // namespace emulator

inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = emulator::machine.devices;
  return *count > 0 ? cudaSuccess : cudaErrorNoDevice;
}
inline cudaError_t cudaSetDevice(int device) {
  return device >= 0 && device < emulator::machine.devices ? cudaSuccess : cudaErrorInvalidDevice;
}
inline cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return emulator::machine.devices > 0 ? cudaSuccess : cudaErrorNoDevice;
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int) {
  *value = which == cudaDevAttrMultiProcessorCount            ? 2
           : which == cudaDevAttrL2CacheSize                  ? 1 << 20
           : which == cudaDevAttrMemoryPoolsSupported         ? emulator::machine.pools
           : which == cudaDevAttrMaxSharedMemoryPerBlockOptin ? 65536
           : which == cudaDevAttrComputeCapabilityMajor       ? 7
                                                              : 5;
  return cudaSuccess;
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* found, int device) {
  std::strcpy(found->name, "emulated");
  return cudaSetDevice(device);
}
inline cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
  *pool = nullptr;
  return cudaSuccess;
}
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
inline cudaError_t cudaDriverGetVersion(int* version) {
  *version = emulator::machine.devices > 0 ? 13000 : 0;
  return cudaSuccess;
}
inline cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
inline cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = emulator::machine.memory;
  *free = *total - emulator::machine.in_use;
  return cudaSuccess;
}
inline cudaError_t cudaMalloc(void** out, size_t bytes) { return emulator::allocate(out, bytes); }
inline cudaError_t cudaFree(void* block) {
  emulator::machine.pooled.erase(block);
  return emulator::release(block);
}
inline cudaError_t cudaMallocAsync(void** out, size_t bytes, cudaStream_t) {
  if (!emulator::machine.pools) return cudaErrorNotSupported;
  const cudaError_t status = emulator::allocate(out, bytes);
  if (status == cudaSuccess) emulator::machine.pooled.insert(*out);
  return status;
}
inline cudaError_t cudaFreeAsync(void* block, cudaStream_t) {
  if (emulator::machine.pooled.erase(block) == 0) return cudaErrorInvalidValue;
  return emulator::release(block);
}
inline cudaError_t cudaMallocHost(void** out, size_t bytes) {
  *out = std::malloc(bytes);
  return cudaSuccess;
}
inline cudaError_t cudaFreeHost(void* block) {
  std::free(block);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t) {
  if (bytes > 0) std::memcpy(to, from, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                                     size_t height, cudaMemcpyKind, cudaStream_t) {
  if (width > to_pitch || width > from_pitch) return cudaErrorInvalidValue;
  for (size_t i = 0; i < height; ++i) {
    std::memcpy(static_cast<char*>(to) + i * to_pitch, static_cast<const char*>(from) + i * from_pitch, width);
  }
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* at, int value, size_t bytes, cudaStream_t) {
  if (bytes > 0) std::memset(at, value, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = nullptr;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaEventQuery(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
inline cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* found, const void* at) {
  auto after = emulator::machine.blocks.upper_bound(at);
  const bool inside = after != emulator::machine.blocks.begin() &&
                      static_cast<const char*>(at) < static_cast<const char*>((--after)->first) + after->second;
  *found = {inside ? cudaMemoryTypeDevice : cudaMemoryTypeUnregistered, 0};
  return cudaSuccess;
}
inline cudaError_t cudaGetLastError() {
  const cudaError_t found = emulator::machine.next_failure;
  emulator::machine.next_failure = cudaSuccess;
  return found;
}
inline const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaError";
}
inline const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "emulated error";
}
