// Floating point numbers as bits and back.
#pragma once

#include "common/config.h"

namespace synthkit {

SK_HD uint32_t bits_of(float x) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
}

SK_HD uint64_t bits_of(double x) {
    uint64_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
}

SK_HD float float_of(uint32_t bits) {
    float x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}

SK_HD double double_of(uint64_t bits) {
    double x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}

// Adding and taking away 1.5 * 2^52 rounds a double of magnitude below 2^51 to the nearest integer, ties to even; the
// integer then stands in the low bits of the sum. Likewise 1.5 * 2^23 for float32 below 2^22.
inline constexpr double kRoundDouble = 6755399441055744.0;
inline constexpr float kRoundFloat = 12582912.0f;

}  // namespace synthkit
