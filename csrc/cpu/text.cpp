#include "cpu/text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/text.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

constexpr size_t kNumbersPerTask = size_t{1} << 16;
constexpr uint32_t kShort = 1000;  // numbers below it have at most three digits: four bytes with what parts them

struct ShortNumber {
  uint8_t text[3];
  uint8_t length;
};

std::array<ShortNumber, kShort> short_numbers() {
  std::array<ShortNumber, kShort> table{};
  for (uint32_t v = 0; v < kShort; ++v) {
    table[v].length = uint8_t(decimal_digits(v));
    write_digits(v, table[v].length, table[v].text);
  }
  return table;
}

const std::array<ShortNumber, kShort> kShortNumbers = short_numbers();

// Calls work(row) for all rows, some to a task.
template <typename Work>
void for_rows(size_t rows, size_t columns, int threads, Work&& work) {
  const size_t piece = std::max<size_t>(kNumbersPerTask / std::max<size_t>(columns, 1), 1);
  parallel_for((rows + piece - 1) / piece, threads, [&](size_t task) {
    for (size_t row = task * piece; row < std::min((task + 1) * piece, rows); ++row) work(row);
  });
}

// Writes one number and returns its end. [to, end) is the rest of the row's text; nothing is written beyond it.
uint8_t* write_number(int32_t value, uint8_t* to, const uint8_t* end) {
  if (uint32_t(value) < kShort) {
    const ShortNumber& found = kShortNumbers[size_t(value)];
    // Three bytes at once where there is room: what is beyond the number is overwritten by what follows.
    if (end - to >= 3) {
      std::memcpy(to, found.text, 3);
    } else {
      for (int k = 0; k < found.length; ++k) to[k] = found.text[k];
    }
    return to + found.length;
  }
  if (value < 0) *to++ = '-';
  const int digits = decimal_digits(magnitude(value));
  write_digits(magnitude(value), digits, to);
  return to + digits;
}

}  // namespace

template <typename Number>
void text_lengths(const NumberTable<Number>& table, std::span<int64_t> lengths, int threads) {
  for_rows(table.rows, table.columns, threads, [&](size_t row) {
    const Number* values = table.values.data() + row * table.columns;
    int64_t bytes = table.columns == 0 ? 0 : int64_t(table.columns) - 1;
    for (size_t i = 0; i < table.columns; ++i) {
      const auto value = int32_t(values[i]);
      bytes += uint32_t(value) < kShort ? kShortNumbers[size_t(value)].length : text_length(value);
    }
    lengths[row] = bytes;
  });
}

template <typename Number>
void write_texts(const NumberTable<Number>& table, std::span<const int32_t> offsets, std::span<uint8_t> data,
                 int threads) {
  for_rows(table.rows, table.columns, threads, [&](size_t row) {
    const Number* values = table.values.data() + row * table.columns;
    uint8_t* to = data.data() + offsets[row];
    const uint8_t* end = data.data() + offsets[row + 1];
    for (size_t first = 0; first < table.columns; first += table.group) {
      if (first > 0) *to++ = ' ';
      for (size_t i = first; i < first + table.group; ++i) {
        if (i > first) *to++ = ',';
        to = write_number(int32_t(values[i]), to, end);
      }
    }
  });
}

template void text_lengths(const NumberTable<uint8_t>&, std::span<int64_t>, int);
template void text_lengths(const NumberTable<uint16_t>&, std::span<int64_t>, int);
template void text_lengths(const NumberTable<int32_t>&, std::span<int64_t>, int);
template void write_texts(const NumberTable<uint8_t>&, std::span<const int32_t>, std::span<uint8_t>, int);
template void write_texts(const NumberTable<uint16_t>&, std::span<const int32_t>, std::span<uint8_t>, int);
template void write_texts(const NumberTable<int32_t>&, std::span<const int32_t>, std::span<uint8_t>, int);

}  // namespace synthkit
