// Elementary functions with the same bits on any IEEE machine: nothing but + - * / and integer work, no libm.
#pragma once

#include "common/config.h"

namespace synthkit {

// e^z for |z| <= 0.3466, by its series.
SK_HD double exp_near_zero(double z) {
  double p = 1.0 / 87178291200.0;  // 1 / 14!
  p = p * z + 1.0 / 6227020800.0;
  p = p * z + 1.0 / 479001600.0;
  p = p * z + 1.0 / 39916800.0;
  p = p * z + 1.0 / 3628800.0;
  p = p * z + 1.0 / 362880.0;
  p = p * z + 1.0 / 40320.0;
  p = p * z + 1.0 / 5040.0;
  p = p * z + 1.0 / 720.0;
  p = p * z + 1.0 / 120.0;
  p = p * z + 1.0 / 24.0;
  p = p * z + 1.0 / 6.0;
  p = p * z + 0.5;
  p = p * z + 1.0;
  p = p * z + 1.0;
  return p;
}

// 2^x; 0 below the normal range, infinity above it. Relative error below 4e-16.
SK_HD double exp2_exact(double x) {
  if (x != x) return x;
  if (!(x > -1022.0)) return 0.0;
  if (x >= 1024.0) return bit_cast<double>(uint64_t{0x7FF0000000000000u});
  // Round to the nearest whole number by the magic constant 1.5 * 2^52.
  const double whole = (x + 6755399441055744.0) - 6755399441055744.0;
  const double z = (x - whole) * 0.6931471805599453;  // |z| <= 0.3466
  const double p = exp_near_zero(z);
  // Two steps, since 2^1024 itself is no double though 2^1024 * 0.75 is.
  const int64_t n = int64_t(whole);
  const int64_t half = n / 2;
  return p * bit_cast<double>(uint64_t(half + 1023) << 52) * bit_cast<double>(uint64_t(n - half + 1023) << 52);
}

// e^x for x <= 0, no less than 2^-1020. The bits of exp2_exact, but without branches: a compiler vectorises it
// (there is no conversion to whole numbers in AVX2).
SK_HD double exp_below_one(double x) {
  const double clipped = x * 1.4426950408889634;
  const double y = clipped > -1020.0 ? clipped : -1020.0;
  const double shifted = y + 6755399441055744.0;  // 1.5 * 2^52: rounds to a whole number, held in the low bits
  const double z = (y - (shifted - 6755399441055744.0)) * 0.6931471805599453;
  const double p = exp_near_zero(z);
  // The whole number moves into the exponent; what is above its 12 bits is shifted out.
  return bit_cast<double>(bit_cast<uint64_t>(p) + (bit_cast<uint64_t>(shifted) << 52));
}

// Base-2 logarithm of a positive normal number: log2 m = 2 / ln 2 * atanh((m - 1) / (m + 1)).
// Absolute error below 4e-16 for the fraction; the exponent is exact.
SK_HD double log2_exact(double x) {
  const uint64_t bits = bit_cast<uint64_t>(x);
  int64_t exponent = int64_t(bits >> 52) - 1023;
  double m = bit_cast<double>((bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u);  // [1, 2)
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent += 1;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double p = 1.0 / 25.0;
  p = p * z + 1.0 / 23.0;
  p = p * z + 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  p = p * z + 1.0;
  return double(exponent) + s * p * 2.8853900817779268;
}

// sin(pi/2 q) for q in [-1, 1]; Taylor series to q^21, absolute error below 3e-16.
SK_HD double sin_quarter_exact(double q) {
  const double z = q * q;
  double p = 2.5729209656608e-16;
  p = p * z - 4.3794659637264e-14;
  p = p * z + 6.0669357311061945e-12;
  p = p * z - 6.6880351098114673e-10;
  p = p * z + 5.6921729219679268e-08;
  p = p * z - 3.5988432352120853e-06;
  p = p * z + 1.6044118478735982e-04;
  p = p * z - 4.6817541353186883e-03;
  p = p * z + 7.9692626246167046e-02;
  p = p * z - 6.4596409750624625e-01;
  p = p * z + 1.5707963267948966;
  return p * q;
}

// sin(2 pi phase / 2^64), exact zeros at multiples of half a cycle.
SK_HD double sin_cycle_exact(uint64_t phase) {
  const int64_t x = int64_t(phase);
  // Where the top two bits differ the angle is beyond a quarter: mirror it about that quarter.
  const uint64_t beyond = uint64_t(int64_t(phase ^ (phase << 1)) >> 63);
  const int64_t folded = int64_t((uint64_t(x) ^ beyond) - beyond + (beyond & 0x8000000000000000u));
  return sin_quarter_exact(double(folded) * 2.168404344971009e-19);  // 2^-62
}

}  // namespace synthkit
