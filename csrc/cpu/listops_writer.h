// Bytes that grow at the end, and rows of them written side by side by threads.
#pragma once

#include <algorithm>
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
  void clear() { size_ = 0; }
  const char* data() const { return data_.data(); }

 private:
  std::vector<char> data_;
  size_t size_ = 0;
};

[[noreturn]] inline void throw_too_long() {
  throw std::length_error("trees: their text has more than 2^31 - 1 bytes; take fewer rows at a time");
}

constexpr size_t kRowsPerPiece = 64;
constexpr size_t kPieces = 16;  // a thread, written side by side before they are copied to their place

// write(row, writer, scratch) writes one row.
template <typename Scratch, typename Write>
ListText write_rows(size_t rows, int threads, Write&& write) {
  ListText text;
  text.offsets.resize(rows + 1);
  const size_t all_pieces = (rows + kRowsPerPiece - 1) / kRowsPerPiece;
  std::vector<TextWriter> pieces(std::min(all_pieces, kPieces * static_cast<size_t>(std::max(threads, 1))));
  for (size_t first = 0; first < all_pieces; first += pieces.size()) {
    const size_t count = std::min(pieces.size(), all_pieces - first);
    parallel_for(count, threads, [&](size_t task) {
      TextWriter& writer = pieces[task];
      writer.clear();
      Scratch scratch;
      const size_t begin = (first + task) * kRowsPerPiece;
      for (size_t i = begin; i < std::min(rows, begin + kRowsPerPiece); ++i) {
        const size_t before = writer.size();
        write(i, writer, scratch);
        const size_t bytes = writer.size() - before;
        if (bytes > INT32_MAX) throw_too_long();
        text.offsets[i + 1] = static_cast<int32_t>(bytes);
      }
    });
    std::vector<size_t> at(count + 1);
    for (size_t i = 0; i < count; ++i) at[i + 1] = at[i] + pieces[i].size();
    if (text.bytes.size() + at[count] > INT32_MAX) throw_too_long();
    uint8_t* to = text.bytes.extend(at[count]);
    parallel_for(count, threads, [&](size_t i) {
      if (pieces[i].size() != 0) std::memcpy(to + at[i], pieces[i].data(), pieces[i].size());
    });
  }
  text.bytes.trim();
  for (size_t i = 0; i < rows; ++i) text.offsets[i + 1] += text.offsets[i];
  return text;
}

}  // namespace synthkit
