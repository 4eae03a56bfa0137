// Memory of the device and of the host that copies may run from, freed with the stream's work that uses it.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "cuda/error.h"

namespace synthkit::cuda {

// Makes a device the calling thread's until it goes out of scope.
class OnDevice {
 public:
  explicit OnDevice(int device) {
    check(cudaGetDevice(&before_), "cudaGetDevice");
    if (device != before_) check(cudaSetDevice(device), "cudaSetDevice");
    changed_ = device != before_;
  }
  ~OnDevice() {
    if (changed_) cudaSetDevice(before_);
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  int before_ = 0;
  bool changed_ = false;
};

// Memory of the current device in the order of a stream's work; freeing waits for nothing. Devices without memory pools
// (some virtual ones) allocate and free at once, which waits. What is freed is kept for the next allocation, up to a
// 64th of the device's memory.
void* allocate(size_t bytes, cudaStream_t stream);
// A failure cannot be told from here; the next checked call tells it.
void release(void* data, cudaStream_t stream) noexcept;

// Bytes of the device, allocated and freed in the order of a stream's work: freeing waits for nothing.
class Bytes {
 public:
  Bytes() = default;
  Bytes(size_t bytes, cudaStream_t stream) : size_(bytes), stream_(stream) {
    if (bytes > 0) data_ = allocate(bytes, stream);
  }
  Bytes(Bytes&& other) noexcept { swap(other); }
  Bytes& operator=(Bytes&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Bytes() {
    if (data_ != nullptr) release(data_, stream_);
  }

  void* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  void swap(Bytes& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(stream_, other.stream_);
  }

  void* data_ = nullptr;
  size_t size_ = 0;
  cudaStream_t stream_ = nullptr;
};

// The same, as `count` of T.
template <typename T>
class Array {
 public:
  Array() = default;
  Array(size_t count, cudaStream_t stream) : bytes_(count * sizeof(T), stream), count_(count) {}
  T* data() const { return static_cast<T*>(bytes_.data()); }
  size_t size() const { return count_; }

 private:
  Bytes bytes_;
  size_t count_ = 0;
};

// Copies from memory that may be paged out: the call returns when the source may be changed.
template <typename T>
Array<T> to_device(std::span<const T> values, cudaStream_t stream) {
  Array<T> out(values.size(), stream);
  check(cudaMemcpyAsync(out.data(), values.data(), values.size_bytes(), cudaMemcpyHostToDevice, stream),
        "copy to device");
  return out;
}

// Queues the copy; the target holds the values once the stream has been waited for.
template <typename T>
void to_host(const T* from, std::span<T> to, cudaStream_t stream) {
  check(cudaMemcpyAsync(to.data(), from, to.size_bytes(), cudaMemcpyDeviceToHost, stream), "copy to host");
}

inline void wait_for(cudaStream_t stream) { check(cudaStreamSynchronize(stream), "the device's work"); }

}  // namespace synthkit::cuda
