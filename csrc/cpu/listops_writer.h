// Bytes that grow at the end, and rows of them written side by side by threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <charconv>
#include <climits>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "cpu/listops_text.h"
#include "cpu/parallel.h"

namespace synthkit {

class TextWriter {
 public:
  size_t size() const { return size_; }
  void drop(size_t bytes) { size_ -= bytes; }

  // Room for `bytes` more, to be written at end() and then claimed by wrote(). Ends before are not valid any more.
  void reserve(size_t bytes) {
    if (data_.size() < size_ + bytes) data_.resize(2 * size_ + bytes);
  }
  char* end() { return data_.data() + size_; }
  void wrote(const char* end) { size_ = static_cast<size_t>(end - data_.data()); }

  void add(std::string_view text) {
    reserve(text.size());
    std::memcpy(end(), text.data(), text.size());
    size_ += text.size();
  }
  void add(uint64_t number) {
    reserve(20);
    wrote(std::to_chars(end(), end() + 20, number).ptr);
  }
  std::vector<char> take() {
    data_.resize(size_);
    return std::move(data_);
  }

 private:
  std::vector<char> data_;
  size_t size_ = 0;
};

constexpr size_t kRowsPerPiece = 64;

// write(row, writer, scratch) writes one row.
template <typename Scratch, typename Write>
ListText write_rows(size_t rows, int threads, Write&& write) {
  ListText text;
  text.pieces.resize((rows + kRowsPerPiece - 1) / kRowsPerPiece);
  text.offsets.resize(rows + 1);
  std::atomic<size_t> total{0};
  parallel_for(text.pieces.size(), threads, [&](size_t task) {
    TextWriter writer;
    Scratch scratch;
    for (size_t i = task * kRowsPerPiece; i < std::min(rows, (task + 1) * kRowsPerPiece); ++i) {
      const size_t before = writer.size();
      write(i, writer, scratch);
      const size_t bytes = writer.size() - before;
      if (total.fetch_add(bytes) + bytes > INT32_MAX) {
        throw std::length_error("trees: their text has more than 2^31 - 1 bytes; take fewer rows at a time");
      }
      text.offsets[i + 1] = static_cast<int32_t>(bytes);
    }
    text.pieces[task] = writer.take();
  });
  for (size_t i = 0; i < rows; ++i) text.offsets[i + 1] += text.offsets[i];
  return text;
}

}  // namespace synthkit
