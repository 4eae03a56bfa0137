// Elementary functions in double whose bits are the same on any IEEE machine: polynomials fitted for this project
// (Remez, relative error below 2e-17 before rounding), only + - * / and integer work, no libm, no fused operations.
#pragma once

#include "common/bits.h"

namespace synthkit {

inline constexpr double kPi = 3.141592653589793;
inline constexpr double kLog2Of10 = 3.321928094887362;

// Largest integer not above x; |x| < 2^51.
SK_HD double floor_small(double x) {
    const double nearest = (x + kRoundDouble) - kRoundDouble;
    return nearest > x ? nearest - 1.0 : nearest;
}

// 2^power for -1022 <= power <= 1023.
SK_HD double power_of_two(int power) {
    return double_of(static_cast<uint64_t>(power + 1023) << 52);
}

// 2^x; 0 below -1075, infinity from 1024, NaN for NaN. Error below 1 ulp and a bit.
SK_HD double exp2(double x) {
    if (!(x > -1100.0)) return x != x ? x : 0.0;
    if (x > 1100.0) x = 1100.0;
    const double shifted = x + kRoundDouble;
    const int power = static_cast<int>(static_cast<uint32_t>(bits_of(shifted)));
    const double r = x - (shifted - kRoundDouble);  // in [-0.5, 0.5], exact
    double q = 4.456675615796686e-10;
    q = q * r + 7.072586194158312e-09;
    q = q * r + 1.0178051727209037e-07;
    q = q * r + 1.3215442586545437e-06;
    q = q * r + 1.5252733853282488e-05;
    q = q * r + 0.00015403530441738628;
    q = q * r + 0.0013333558146396002;
    q = q * r + 0.009618129107606887;
    q = q * r + 0.05550410866482166;
    q = q * r + 0.24022650695910097;
    q = q * r + 0.6931471805599453;
    const int half = power >> 1;  // two steps, so that subnormal results are rounded once and 2^1023.9 does not overflow
    return (1.0 + q * r) * power_of_two(half) * power_of_two(power - half);
}

// log2(x); -infinity for 0, NaN below 0 and for NaN. Error below 2 ulp; exact for powers of two.
SK_HD double log2(double x) {
    constexpr uint64_t kInfinity = 0x7FF0000000000000u;
    if (!(x > 0.0)) return x == 0.0 ? double_of(kInfinity | (uint64_t{1} << 63)) : double_of(0x7FF8000000000000u);
    if (bits_of(x) >= kInfinity) return x;
    double exponent = 0.0;
    if (x < 2.2250738585072014e-308) {  // subnormal
        x = x * 18014398509481984.0;
        exponent = -54.0;
    }
    const uint64_t bits = bits_of(x);
    double m = double_of((bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u);
    exponent = exponent + static_cast<double>(static_cast<int>(bits >> 52) - 1023);
    if (m > 1.4142135623730951) {
        m = m * 0.5;
        exponent = exponent + 1.0;
    }
    const double s = (m - 1.0) / (m + 1.0);  // log2(m) = (2 / ln 2) atanh(s)
    const double z = s * s;
    double p = 0.1913489962443666;
    p = p * z + 0.19113721322558314;
    p = p * z + 0.2219899049243188;
    p = p * z + 0.26230754564089875;
    p = p * z + 0.3205989045687893;
    p = p * z + 0.41219858307323576;
    p = p * z + 0.5770780163556944;
    p = p * z + 0.9617966939259754;
    p = p * z + 2.8853900817779268;
    return exponent + s * p;
}

// sin(pi x) for |x| <= 0.5.
SK_HD double sinpi_core(double x) {
    const double z = x * x;
    double p = 7.697867783436395e-07;
    p = p * z + -2.1903501176243034e-05;
    p = p * z + 0.00046629981785617194;
    p = p * z + -0.007370430506269452;
    p = p * z + 0.08214588657314421;
    p = p * z + -0.5992645293189474;
    p = p * z + 2.5501640398773007;
    p = p * z + -5.167712780049969;
    p = p * z + 3.141592653589793;
    return p * x;
}

// sin(2 pi x), |x| < 2^51; exactly 0 at multiples of one half.
SK_HD double sin2pi(double x) {
    double r = x - ((x + kRoundDouble) - kRoundDouble);  // in [-0.5, 0.5], exact
    if (r > 0.25) r = 0.5 - r;
    if (r < -0.25) r = -0.5 - r;
    return sinpi_core(2.0 * r);
}

}  // namespace synthkit
