// An array that grows without copying where the system can move its pages, and whose new places are not written to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace synthkit {

template <typename T>
class GrowingBuffer {
  static_assert(std::is_trivial_v<T>);

 public:
  GrowingBuffer() = default;
  GrowingBuffer(GrowingBuffer&& other) noexcept { swap(other); }
  GrowingBuffer& operator=(GrowingBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~GrowingBuffer() { std::free(data_); }

  const T* data() const { return data_; }
  size_t size() const { return size_; }
  std::span<const T> all() const { return {data_, size_}; }

  // `count` places more, with nothing in them yet. Pointers from before are not valid any more.
  T* extend(size_t count) {
    if (size_ + count > capacity_) resize(std::max(size_ + count, 2 * capacity_));
    size_ += count;
    return data_ + size_ - count;
  }

  // Gives back what is not used.
  void trim() {
    if (size_ < capacity_) resize(size_);
  }

 private:
  void resize(size_t capacity) {
    const size_t bytes = std::max<size_t>(capacity * sizeof(T), 1);
    void* moved = std::realloc(data_, bytes);
    if (moved == nullptr) throw std::bad_alloc();
    data_ = static_cast<T*>(moved);
    capacity_ = capacity;
    use_large_pages(bytes);
  }

  // Fewer pages to set up; a wish only.
  void use_large_pages(size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    constexpr size_t kPage = 4096, kWorthIt = size_t{1} << 22;
    if (bytes < kWorthIt) return;
    const size_t skipped = (kPage - reinterpret_cast<uintptr_t>(data_) % kPage) % kPage;
    madvise(reinterpret_cast<char*>(data_) + skipped, (bytes - skipped) / kPage * kPage, MADV_HUGEPAGE);
#else
    static_cast<void>(bytes);
#endif
  }

  void swap(GrowingBuffer& other) {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  T* data_ = nullptr;
  size_t size_ = 0, capacity_ = 0;
};

}  // namespace synthkit
