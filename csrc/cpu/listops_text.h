// Trees as text and their step-by-step explanations, as the offsets and bytes of an Arrow string column.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/listops.h"
#include "cpu/listops.h"
#include "cpu/listops_buffer.h"

namespace synthkit {

enum class ListStyle : int { kPrefix, kParens, kTokens };
enum ListLevel : int { kNoExplanation = -1, kAnswer, kShort, kMedium, kLong, kListLevels };

constexpr int kFirstOperatorToken = 4;  // 0 [PAD], 1 [BOS], 2 [EOS], 3 `]`, then the operators
constexpr int kFirstValueToken = kFirstOperatorToken + kListOperators;
constexpr size_t kMaxListName = 24;  // bytes

using ListNames = std::array<std::string, kListOperators>;  // each at most kMaxListName bytes

// A batch of strings, one after the other.
struct ListText {
  GrowingBuffer<uint8_t> bytes;
  std::vector<int32_t> offsets;  // [n + 1]
};

// Both throw std::length_error if the batch has more than 2^31 - 1 bytes, and std::invalid_argument if a row is not
// one tree. Beside the text, memory for that of 1024 rows a thread.
ListText render_trees(const ListRows& rows, ListStyle style, const ListNames& names, int threads);
// levels [n]: a ListLevel each. Products must fit into 63 bits for kLong.
ListText explain_trees(const ListRows& rows, std::span<const int32_t> base, std::span<const int32_t> levels,
                       const ListNames& names, int threads);

}  // namespace synthkit
