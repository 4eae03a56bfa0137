// Where the operators are among nodes side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "common/listops.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace synthkit {

// A bit for each operator among 64 nodes.
inline uint64_t operators_of(const ListNode* nodes) {
  uint64_t found = 0;
#if defined(__SSE2__)
  for (int i = 0; i < 64; i += 16) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nodes + i));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nodes + i + 8));
    const auto signs = static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
    found |= static_cast<uint64_t>(signs) << i;
  }
#else
  for (int i = 0; i < 64; ++i) found |= static_cast<uint64_t>(nodes[i] >> 15) << i;
#endif
  return found;
}

// The same among at most 64.
inline uint64_t operators_of(std::span<const ListNode> nodes) {
  ListNode padded[64] = {};
  std::copy(nodes.begin(), nodes.end(), padded);
  return operators_of(padded);
}

}  // namespace synthkit
