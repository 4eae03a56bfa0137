// A 64-bit hash of bytes, for finding equal strings; no protection against who makes collisions on purpose.
//
// MurmurHash64A with seed 0 (Austin Appleby 2008, public domain), followed by the finaliser of MurmurHash3, in which
// every bit of the input changes every bit of the result with a probability close to one half.
#pragma once

#include "common/config.h"

namespace synthkit {

constexpr uint64_t kHashMultiplier = 0xc6a4a7935bd1e995u;

// Takes in eight bytes, read as a little-endian number.
SK_HD uint64_t hash_step(uint64_t hash, uint64_t word) {
  word *= kHashMultiplier;
  word ^= word >> 47;
  word *= kHashMultiplier;
  return (hash ^ word) * kHashMultiplier;
}

SK_HD uint64_t hash_finish(uint64_t hash) {
  hash ^= hash >> 47;
  hash *= kHashMultiplier;
  hash ^= hash >> 47;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdu;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53u;
  return hash ^ (hash >> 33);
}

SK_HD uint64_t little_endian_word(const uint8_t* bytes) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
#else
  uint64_t word = 0;
  for (int i = 7; i >= 0; --i) word = word << 8 | bytes[i];
  return word;
#endif
}

SK_HD uint64_t hash_bytes(const uint8_t* bytes, uint64_t length) {
  uint64_t hash = length * kHashMultiplier;
  const uint64_t whole = length & ~uint64_t{7};
  for (uint64_t i = 0; i < whole; i += 8) hash = hash_step(hash, little_endian_word(bytes + i));
  if (whole != length) {
    uint64_t tail = 0;
    for (uint64_t i = length; i-- > whole;) tail = tail << 8 | bytes[i];
    hash = (hash ^ tail) * kHashMultiplier;
  }
  return hash_finish(hash);
}

}  // namespace synthkit
