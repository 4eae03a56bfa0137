// Numbers as text: lengths and texts worked by hand.
#include "cpu/text.h"

#include <cstring>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/check.h"

using namespace synthkit;

namespace {

template <typename Number>
std::vector<std::string> texts(const std::vector<Number>& values, size_t columns, size_t group, int threads) {
  const NumberTable<Number> table{values, values.size() / columns, columns, group};
  std::vector<int64_t> lengths(table.rows);
  text_lengths(table, lengths, threads);
  std::vector<int32_t> offsets{0};
  for (const int64_t length : lengths) offsets.push_back(offsets.back() + int32_t(length));
  // A byte beyond the end shows whether anything is written there.
  std::vector<uint8_t> data(size_t(offsets.back()) + 1, '#');
  write_texts(table, offsets, std::span(data).first(data.size() - 1), threads);
  CHECK(data.back() == '#');
  std::vector<std::string> found;
  for (size_t row = 0; row < table.rows; ++row) {
    found.emplace_back(data.begin() + offsets[row], data.begin() + offsets[row + 1]);
  }
  return found;
}

}  // namespace

int main() {
  CHECK(text_length(0) == 1 && text_length(9) == 1 && text_length(10) == 2 && text_length(-1) == 2);
  CHECK(text_length(INT32_MIN) == 11 && text_length(INT32_MAX) == 10);
  CHECK(magnitude(INT32_MIN) == 2147483648u);
  for (const int threads : {1, 2, 3}) {
    const auto bytes = texts<uint8_t>({1, 23, 255, 0, 5, 6}, 3, 1, threads);
    CHECK(bytes[0] == "1 23 255" && bytes[1] == "0 5 6", "%s | %s", bytes[0].c_str(), bytes[1].c_str());
    const auto words = texts<uint16_t>({999, 1000, 65535, 7}, 4, 2, threads);
    CHECK(words[0] == "999,1000 65535,7", "%s", words[0].c_str());
    const auto whole = texts<int32_t>({INT32_MIN, -1, 0, INT32_MAX}, 2, 2, threads);
    CHECK(whole[0] == "-2147483648,-1" && whole[1] == "0,2147483647", "%s | %s", whole[0].c_str(), whole[1].c_str());
  }
  return synthkit::test::finish("text");
}
