#include "cuda/memory.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace synthkit::cuda {

namespace {

// The share of the device's memory that is kept: a loop over batches or checkpoints should not ask the system for
// memory each time that somebody has waited for the device.
constexpr uint64_t kShare = 64;
constexpr size_t kMostDevices = 64;

enum class Pool : uint8_t { kUnknown, kNone, kReady };

// Whether the current device has a pool; when it is first seen, has it keep some of what is freed.
bool has_pool() {
  static std::array<std::atomic<Pool>, kMostDevices> known{};
  int device = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  if (static_cast<size_t>(device) >= kMostDevices) return false;
  std::atomic<Pool>& pool = known[static_cast<size_t>(device)];
  if (pool.load() == Pool::kUnknown) {
    int supported = 0;
    check(cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, device), "cudaDeviceGetAttribute");
    if (supported != 0) {
      cudaMemPool_t handle;
      size_t free = 0, total = 0;
      check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
      uint64_t kept = total / kShare;
      check(cudaDeviceGetDefaultMemPool(&handle, device), "cudaDeviceGetDefaultMemPool");
      check(cudaMemPoolSetAttribute(handle, cudaMemPoolAttrReleaseThreshold, &kept), "cudaMemPoolSetAttribute");
    }
    pool.store(supported != 0 ? Pool::kReady : Pool::kNone);
  }
  return pool.load() == Pool::kReady;
}

}  // namespace

void* allocate(size_t bytes, cudaStream_t stream) {
  void* data = nullptr;
  if (has_pool()) {
    check(cudaMallocAsync(&data, bytes, stream), "allocating on the device");
  } else {
    check(cudaMalloc(&data, bytes), "allocating on the device");
  }
  return data;
}

void release(void* data, cudaStream_t stream) noexcept {
  // Which way it came: memory that no pool knows is refused by the first call.
  if (cudaFreeAsync(data, stream) != cudaSuccess) {
    cudaGetLastError();
    cudaFree(data);
  }
}

}  // namespace synthkit::cuda
