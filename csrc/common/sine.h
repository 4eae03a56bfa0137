// Single-precision sine of an integer phase, and the logarithm that noise needs.
#pragma once

#include "common/config.h"

namespace synthkit {

// sin(2 pi phase / 2^32). The phase is folded into a quarter wave by integer arithmetic; the polynomial is the
// minimax fit of sin(pi/2 q) on [-1, 1], rounded to float32. Absolute error below 2e-7.
SK_HD float sin_cycle(uint32_t phase) {
  const uint32_t beyond = uint32_t(int32_t(phase ^ (phase << 1)) >> 31);
  const int32_t folded = int32_t((phase ^ beyond) - beyond + (beyond & 0x80000000u));
  const float q = float(folded) * 9.313225746154785e-10f;  // 2^-30
  const float z = q * q;
  float p = 1.5082056052051485e-04f;
  p = p * z - 4.672227893024683e-03f;
  p = p * z + 7.968848198652267e-02f;
  p = p * z - 6.459633708000183e-01f;
  p = p * z + 1.570796251296997f;
  return p * q;
}

SK_HD float cos_cycle(uint32_t phase) { return sin_cycle(phase + 0x40000000u); }

// (m - 1) / (m + 1) in single precision, for m in [sqrt(1/2), sqrt(2)). A GPU's division is a sequence of fused
// multiply-adds, which no tone kernel may hold; there the reciprocal is Newton's, in double precision. Its error is
// below 2^-50, and a quotient of floats is never that near to halfway between two floats, so that rounding gives the
// same bits; test_sine tries all the numbers there are.
SK_HD float newton_ratio(float m) {
  const double d = double(m + 1.0f);                  // [1.7, 2.42)
  double r = 0.9966 - 0.2435 * d;                     // within 0.011 / d
  for (int i = 0; i < 3; ++i) r = r * (2.0 - d * r);  // 1e-4, 2e-8, 2e-16
  r = r * (2.0 - d * r);
  return float(double(m - 1.0f) * r);
}

// sqrt(x) for what minus_two_log gives, 0 or 1e-7 to 35, by the same reasoning and tried as well.
SK_HD float newton_root(float x) {
  const double v = double(x), half = 0.5 * v;
  // The exponent halved and negated: within 3.5 % of 1 / sqrt(v). Where v is 0 it stays finite.
  double y = bit_cast<double>(uint64_t{0x5FE6EB50C7B537A9u} - (bit_cast<uint64_t>(v) >> 1));
  for (int i = 0; i < 5; ++i) y = y * (1.5 - half * y * y);
  return float(v * y);
}

#if defined(__CUDA_ARCH__)
SK_HD float log_ratio(float m) { return newton_ratio(m); }
SK_HD float square_root(float x) { return newton_root(x); }
#else
SK_HD float log_ratio(float m) { return (m - 1.0f) / (m + 1.0f); }
SK_HD float square_root(float x) { return __builtin_sqrtf(x); }
#endif

// -2 ln u for u = (word / 2^8 + 1/2) / 2^24, never negative. Absolute error below 1e-5.
SK_HD float minus_two_log(uint32_t word) {
  const float u = float(int32_t(word >> 8)) + 0.5f;  // [0.5, 2^24]
  const uint32_t bits = bit_cast<uint32_t>(u);
  // Mantissa in [sqrt(1/2), sqrt(2)): subtracting sqrt(1/2)'s bits leaves the exponent in the top bits.
  const int32_t exponent = int32_t(bits - 0x3F3504F3u) >> 23;
  const float m = bit_cast<float>(bits - (uint32_t(exponent) << 23));
  const float s = log_ratio(m);
  const float z = s * s;
  float p = 0.22222222f;
  p = p * z + 0.28571429f;
  p = p * z + 0.4f;
  p = p * z + 0.66666667f;
  p = p * z + 2.0f;
  const float log_u = float(exponent - 24) * 0.69314718f + s * p;
  const float value = -2.0f * log_u;
  return value > 0.0f ? value : 0.0f;
}

}  // namespace synthkit
