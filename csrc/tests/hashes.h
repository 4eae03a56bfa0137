// Hashes of results, by name, and the inputs they are made of: Philox counters and arithmetic that IEEE 754 fixes, so
// that no library's random numbers or transcendental functions come in.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "common/hash.h"
#include "common/philox.h"

namespace synthkit::test {

// Name -> 16 hexadecimal digits.
using Hashes = std::map<std::string, std::string>;

// One function a family of kernels, each in its own file.
void hash_numbers(Hashes& hashes);
void hash_tones(Hashes& hashes);
void hash_shapes(Hashes& hashes);
void hash_texts(Hashes& hashes);
void hash_listops(Hashes& hashes);
void hash_information(Hashes& hashes);
void hash_fits(Hashes& hashes);

inline constexpr int kHashThreads = 2;

// Numbers as little-endian bytes, one by one: never a struct, whose padding may hold anything.
template <typename Numbers>
void append_bytes(std::vector<uint8_t>& to, const Numbers& numbers) {
  for (const auto number : numbers) {
    static_assert(std::is_arithmetic_v<decltype(+number)>, "numbers only");
    uint8_t bytes[sizeof(number)];
    std::memcpy(bytes, &number, sizeof(number));
    if constexpr (std::endian::native == std::endian::big) std::reverse(bytes, bytes + sizeof(number));
    to.insert(to.end(), bytes, bytes + sizeof(number));
  }
}

// The hash of all arrays, one after the other.
template <typename... Arrays>
std::string hash_of(const Arrays&... arrays) {
  std::vector<uint8_t> bytes;
  (append_bytes(bytes, arrays), ...);
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx",
                static_cast<unsigned long long>(hash_bytes(bytes.data(), bytes.size())));
  return digits;
}

// 128 random bits, number i of a stream.
inline PhiloxBlock block_at(uint32_t stream, size_t i) {
  return philox4x32_10({static_cast<uint32_t>(i), stream, 0, 0}, 0x243F6A88u, 0x85A308D3u);
}

inline uint64_t word_at(uint32_t stream, size_t i) {
  const PhiloxBlock block = block_at(stream, i);
  return uint64_t{block.w0} << 32 | block.w1;
}

// In [0, 1), a multiple of 2^-53.
inline double uniform_at(uint32_t stream, size_t i) { return double(word_at(stream, i) >> 11) * 0x1p-53; }

inline std::vector<double> uniforms(uint32_t stream, size_t count, double least = 0.0, double most = 1.0) {
  std::vector<double> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = least + (most - least) * uniform_at(stream, i);
  return numbers;
}

// 0 .. bound - 1.
template <typename Number = int32_t>
std::vector<Number> wholes(uint32_t stream, size_t count, uint64_t bound) {
  std::vector<Number> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<Number>(word_at(stream, i) % bound);
  return numbers;
}

// The same, each at least once.
inline std::vector<int32_t> classes_of(uint32_t stream, size_t count, int32_t classes) {
  std::vector<int32_t> labels = wholes(stream, count, static_cast<uint64_t>(classes));
  for (int32_t c = 0; c < classes; ++c) labels[static_cast<size_t>(c)] = c;
  return labels;
}

// Codes [models, rows, columns] that tell something of the rows' labels: free ones, and every third column with ties.
inline std::vector<double> codes_of(uint32_t stream, const std::vector<int32_t>& labels, size_t models,
                                    size_t columns) {
  std::vector<double> codes = uniforms(stream, models * labels.size() * columns, 0.0, 2.0);
  for (size_t i = 0; i < codes.size(); ++i) {
    if (i % columns % 3 == 2) codes[i] = double(static_cast<int>(4.0 * codes[i]));
    codes[i] += 0.3 * labels[i / columns % labels.size()];
  }
  return codes;
}

}  // namespace synthkit::test
