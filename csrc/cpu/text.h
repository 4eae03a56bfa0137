// Rows of whole numbers as rows of text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace synthkit {

// values [rows, columns]; in the text of a row, numbers that share a group of `group` are parted by a comma, others by
// a space.
template <typename Number>
struct NumberTable {
  std::span<const Number> values;
  size_t rows, columns, group;
};

// lengths[i]: bytes of row i's text. Number is uint8_t, uint16_t or int32_t.
template <typename Number>
void text_lengths(const NumberTable<Number>& table, std::span<int64_t> lengths, int threads);

// Row i's text into data[offsets[i]] .. data[offsets[i + 1] - 1], which text_lengths has sized.
template <typename Number>
void write_texts(const NumberTable<Number>& table, std::span<const int32_t> offsets, std::span<uint8_t> data,
                 int threads);

}  // namespace synthkit
