// Philox4x32-10: Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".
// A counter of four words and a key of two words give four random words; no state.
#pragma once

#include "common/config.h"

namespace synthkit {

struct Philox4 {
    uint32_t word[4];
};

// counter [4], key [2] -> random words [4]
SK_HD Philox4 philox4x32(Philox4 counter, uint32_t key0, uint32_t key1) {
    uint32_t c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2], c3 = counter.word[3];
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
        const uint64_t p0 = uint64_t{0xD2511F53u} * c0;
        const uint64_t p1 = uint64_t{0xCD9E8D57u} * c2;
        c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ key0;
        c1 = static_cast<uint32_t>(p1);
        c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ key1;
        c3 = static_cast<uint32_t>(p0);
        key0 += 0x9E3779B9u;  // the Weyl sequence of the golden ratio
        key1 += 0xBB67AE85u;  // and of sqrt(3) - 1
    }
    return Philox4{{c0, c1, c2, c3}};
}

}  // namespace synthkit
