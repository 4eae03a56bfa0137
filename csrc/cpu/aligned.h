// A buffer of doubles that begins at a cache line, filled with zeros.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace synthkit {

class AlignedDoubles {
 public:
  AlignedDoubles() = default;
  explicit AlignedDoubles(size_t size)
      : data_(static_cast<double*>(::operator new(std::max<size_t>(size, 1) * sizeof(double), kLine))), size_(size) {
    std::fill_n(data_.get(), size, 0.0);
  }
  double* data() { return data_.get(); }
  const double* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Free {
    void operator()(double* p) const { ::operator delete(p, kLine); }
  };
  std::unique_ptr<double, Free> data_;
  size_t size_ = 0;
};

}  // namespace synthkit
