// Whole numbers as decimal text.
#pragma once

#include "common/config.h"

namespace synthkit {

SK_HD int decimal_digits(uint32_t value) {
  int digits = 1;
  while (value >= 10) {
    value /= 10;
    ++digits;
  }
  return digits;
}

// to[0] to to[digits - 1] get the digits of value.
SK_HD void write_digits(uint32_t value, int digits, uint8_t* to) {
  for (int k = digits - 1; k >= 0; --k) {
    to[k] = uint8_t('0' + value % 10);
    value /= 10;
  }
}

// The size of a number, also of the smallest one, whose negative is no int32.
SK_HD uint32_t magnitude(int32_t value) { return value < 0 ? 0u - uint32_t(value) : uint32_t(value); }

SK_HD int text_length(int32_t value) { return decimal_digits(magnitude(value)) + (value < 0 ? 1 : 0); }

}  // namespace synthkit
