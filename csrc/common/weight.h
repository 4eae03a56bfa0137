// Positive weights far beyond the range of a double: m * 2^(512 x) with 2^-256 <= m < 2^256, or m = 0 for none.
// A product of two m is a normal number, and all scalings are by powers of two, so that no weight is ever lost.
#pragma once

#include "common/config.h"

namespace synthkit {

struct Weight {
  double m;
  int x;
};

constexpr double kWeightUp = 0x1p512, kWeightDown = 0x1p-512;

// m * 2^(512 x) brought into form; m = 0 or 2^-768 <= m < 2^768.
SK_HD Weight weight_of(double m, int x) {
  if (m >= 0x1p256) return {m * kWeightDown, x + 1};
  if (m > 0.0 && m < 0x1p-256) return {m * kWeightUp, x - 1};
  return {m, x};
}

// m * 2^(512 steps), a product of two m or one m, as a term of a sum that is m' * 2^0 in form. The sum bounds the term,
// so steps <= 1; at steps <= -2 the term is less than 2^-512, that is, 2^-256 of the sum, and counts as 0.
SK_HD double weight_term(double m, int steps) {
  if (steps == 0) return m;
  if (steps == 1) return m * kWeightUp;
  return steps == -1 ? m * kWeightDown : 0.0;
}

}  // namespace synthkit
