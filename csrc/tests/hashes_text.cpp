// Whole numbers as text.
#include "cpu/text.h"
#include "tests/hashes.h"

namespace synthkit::test {

namespace {

template <typename Number>
std::string hash_rows(const std::vector<Number>& values) {
  const NumberTable<Number> table{values, values.size() / 12, 12, 3};
  std::vector<int64_t> lengths(table.rows);
  text_lengths(table, lengths, kHashThreads);
  std::vector<int32_t> offsets{0};
  for (const int64_t length : lengths) offsets.push_back(offsets.back() + static_cast<int32_t>(length));
  std::vector<uint8_t> bytes(static_cast<size_t>(offsets.back()));
  write_texts(table, offsets, bytes, kHashThreads);
  return hash_of(offsets, bytes);
}

}  // namespace

void hash_texts(Hashes& hashes) {
  // Of all sizes: every second number has fewer bits.
  std::vector<int32_t> any = wholes(30, 6000, uint64_t{1} << 32);
  for (size_t i = 0; i < any.size(); i += 2) any[i] >>= i % 31;
  hashes["text uint8"] = hash_rows(wholes<uint8_t>(31, 6000, 256));
  hashes["text uint16"] = hash_rows(wholes<uint16_t>(32, 6000, 65536));
  hashes["text int32"] = hash_rows(any);
}

}  // namespace synthkit::test
