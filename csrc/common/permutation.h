// A keyed permutation of [0, size): six rounds of a Feistel network over Philox, walked until the result falls into the
// domain (Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
#pragma once

#include "common/philox.h"

namespace synthkit {

constexpr int kFeistelRounds = 6;

// A permutation of the numbers of 2 * half_bits bits.
SK_HD uint64_t feistel(uint64_t value, uint32_t key0, uint32_t key1, int half_bits) {
  const uint64_t mask = (uint64_t{1} << half_bits) - 1;
  uint64_t left = value >> half_bits, right = value & mask;
  for (int round = 1; round <= kFeistelRounds; ++round) {
    const PhiloxBlock words = philox4x32_10({0, uint32_t(right), uint32_t(right >> 32), uint32_t(round)}, key0, key1);
    const uint64_t mixed = left ^ (words.w0 & mask);
    left = right;
    right = mixed;
  }
  return (left << half_bits) | right;
}

// The image of value < size <= 2^(2 * half_bits).
SK_HD uint64_t permuted(uint64_t value, uint64_t size, uint32_t key0, uint32_t key1, int half_bits) {
  do {
    value = feistel(value, key0, key1, half_bits);
  } while (value >= size);
  return value;
}

}  // namespace synthkit
