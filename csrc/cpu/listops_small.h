// Operators on at most 15 values below 15, the common case, without a branch that depends on the values.
//
// A histogram of the values, four bits each, fits into one word: the smallest, the largest and the k-th smallest value
// are places in it. list_apply (common/listops.h) is the definition.
#pragma once

#include <cstdint>

#include "common/listops.h"

namespace synthkit {

constexpr int kSmallArguments = 15;
constexpr int kSmallBase = 15;

class SmallOperators {
 public:
  explicit SmallOperators(int base) : base_(static_cast<uint32_t>(base)), inverse_((65536 + base_ - 1) / base_) {}

  static uint64_t one(unsigned value) { return uint64_t{1} << 4 * value; }
  static uint32_t value_of(uint64_t one) { return static_cast<uint32_t>(__builtin_ctzll(one)) >> 2; }

  // Any operator but PM on n values with this histogram, of which two are known by place.
  uint32_t apply(int op, uint64_t histogram, int n, uint32_t first, uint32_t last) const {
    const uint64_t up_to = histogram * 0x1111111111111111u;  // nibble v < 15: how many values are <= v
    const uint64_t even = up_to & kNibbles, odd = up_to >> 4 & (kNibbles >> 8);
    const auto count = static_cast<uint32_t>(n);
    // Each value is the number of v < 15 that are below it.
    const uint32_t sum = kSmallBase * count - static_cast<uint32_t>(((even + odd) * kOnes) >> 56);
    const uint32_t rest = sum - ((sum * inverse_) >> 16) * base_;  // exact: sum * base < 2^16
    // The least, the greatest and the middle two are k-th smallest values; the sum of two of them is halved.
    const uint64_t places = uint64_t{count - 1} << 8 * kListMax | uint64_t{count / 2} << 8 * kListMed;
    const uint64_t others = uint64_t{count - 1} << 8 * kListMax | uint64_t{(count - 1) / 2} << 8 * kListMed;
    const uint64_t above = kTops | ((places >> 8 * op & 0xff) * kOnes);
    const uint64_t below = kTops | ((others >> 8 * op & 0xff) * kOnes);
    // The k-th smallest value is the number of v < 15 such that at most k values are <= v.
    const uint64_t evens = (((above - even) & kTops) >> 7) + (((below - even) & kTops) >> 7);
    const uint64_t odds = (((above - odd) & (kTops >> 8)) >> 7) + (((below - odd) & (kTops >> 8)) >> 7);
    const auto ordered = static_cast<uint32_t>(((evens + odds) * kOnes) >> 56) / 2;
    // A byte an operator: a branch on the operator would be mispredicted most of the time.
    const uint64_t results =
        uint64_t{ordered} * (uint64_t{1} << 8 * kListMin | uint64_t{1} << 8 * kListMax | uint64_t{1} << 8 * kListMed) |
        uint64_t{rest} << 8 * kListSm | uint64_t{first} << 8 * kListFirst | uint64_t{last} << 8 * kListLast;
    return static_cast<uint32_t>(results >> 8 * op & 0xff);
  }

 private:
  static constexpr uint64_t kNibbles = 0x0f0f0f0f0f0f0f0fu, kOnes = 0x0101010101010101u, kTops = kOnes << 7;

  uint32_t base_, inverse_;
};

}  // namespace synthkit
