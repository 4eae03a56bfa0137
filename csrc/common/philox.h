// Philox4x32-10: 128 random bits from a 64-bit key and a 128-bit counter.
// Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".
#pragma once

#include "common/config.h"

namespace synthkit {

struct PhiloxBlock {
  uint32_t w0, w1, w2, w3;
};

SK_HD PhiloxBlock philox4x32_10(PhiloxBlock c, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53u} * c.w0;
    const uint64_t product1 = uint64_t{0xCD9E8D57u} * c.w2;
    c = PhiloxBlock{uint32_t(product1 >> 32) ^ c.w1 ^ key0, uint32_t(product1), uint32_t(product0 >> 32) ^ c.w3 ^ key1,
                    uint32_t(product0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return c;
}

}  // namespace synthkit
