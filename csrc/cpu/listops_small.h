// Operators on at most 15 values below 15, the common case, without a branch that depends on the values.
//
// A histogram of the values, four bits each, fits into one word: the smallest, the largest and the k-th smallest value
// are places in it. list_apply (common/listops.h) is the definition.
#pragma once

#include <bit>
#include <cstdint>

#include "common/listops.h"

namespace synthkit {

constexpr int kSmallArguments = 15;
constexpr int kSmallBase = 15;

class SmallOperators {
 public:
  // most: of the arguments that any operator has, at most kSmallArguments.
  SmallOperators(int base, int most)
      : base_(static_cast<uint32_t>(base)), inverse_((65536 + base_ - 1) / base_), most_(most) {}

  // values: n in [1, most] values, and readable up to `most`. They are read one by one: they were written so, and a
  // wider read would wait until they have left the processor's store buffer.
  int apply(int op, const uint8_t* values, int n) const {
    if (op == kListPm) return list_product(values, n, static_cast<int>(base_));
    uint64_t histogram = 0;
    for (int i = 0; i < most_; ++i) {
      const int beyond = (n - 1 - i) >> 31;  // all bits set where there is no value; it then counts as 15
      histogram += uint64_t{1} << 4 * (values[i] | (beyond & kSmallBase));
    }
    const uint64_t up_to = histogram * 0x1111111111111111u;  // nibble v < 15: how many values are <= v
    const auto count = static_cast<uint32_t>(n);
    const uint32_t upper = kth(up_to, count / 2);
    const uint32_t lower = kth(up_to, (count - 1) / 2);
    // Each value is the number of v < 15 that are below it.
    const uint64_t even = up_to & kNibbles, odd = up_to >> 4 & (kNibbles >> 8);
    const uint32_t sum = kSmallBase * count - static_cast<uint32_t>(((even + odd) * kOnes) >> 56);
    const uint32_t least = static_cast<uint32_t>(std::countr_zero(histogram)) >> 2;
    const uint32_t largest = kth(up_to, count - 1);
    const uint32_t rest = sum - ((sum * inverse_) >> 16) * base_;  // exact: sum * base < 2^16
    // A byte an operator: a branch on the operator would be mispredicted most of the time.
    const uint64_t results = uint64_t{least} << 8 * kListMin | uint64_t{largest} << 8 * kListMax |
                             uint64_t{(lower + upper) / 2} << 8 * kListMed | uint64_t{rest} << 8 * kListSm |
                             uint64_t{values[0]} << 8 * kListFirst | uint64_t{values[n - 1]} << 8 * kListLast;
    return static_cast<int>(results >> 8 * op & 0xff);
  }

 private:
  static constexpr uint64_t kNibbles = 0x0f0f0f0f0f0f0f0fu, kOnes = 0x0101010101010101u, kTops = kOnes << 7;

  // The k-th smallest value: the number of v < 15 such that at most k values are <= v.
  static uint32_t kth(uint64_t up_to, uint32_t k) {
    const uint64_t limit = kTops | (k * kOnes);
    const uint64_t even = (limit - (up_to & kNibbles)) & kTops;
    const uint64_t odd = (limit - (up_to >> 4 & kNibbles)) & (kTops >> 8);
    return static_cast<uint32_t>((((even >> 7) + (odd >> 7)) * kOnes) >> 56);
  }

  uint32_t base_, inverse_;
  int most_;
};

}  // namespace synthkit
