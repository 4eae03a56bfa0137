// The arguments still to come at each open level of a tree, in one 64-bit word, so that a step has no branches.
#pragma once

#include <bit>
#include <cstdint>

#include "common/listops.h"

namespace synthkit {

// Four bits a level, the innermost one lowest, the root's first, and above them a 1 that marks the end. A level without
// arguments left is zero; zero levels are shifted out as soon as a value ends them.
class PackedLevels {
 public:
  static constexpr int kMaxArguments = 15;
  static constexpr int kMaxDepth = 14;

  int level() const { return level_; }
  bool done() const { return level_ < 0; }
  int left() const { return static_cast<int>(left_ & 15); }

  // Takes the next node; returns how many levels it ends, at the end of the tree the root's among them.
  int step(ListNode node) {
    const uint64_t taken = left_ - 1;
    const int zeros = std::countr_zero(taken) & 60;
    const uint64_t inner = taken << 4 | static_cast<uint64_t>(arguments_of(node));
    const uint64_t outer = taken >> zeros;
    // Chosen by masks: compilers make a branch of a condition, and this one is mispredicted a quarter of the time.
    const uint64_t is_inner = -static_cast<uint64_t>(node >> 15);
    left_ = (inner & is_inner) | (outer & ~is_inner);
    const int ended = (zeros >> 2) & static_cast<int>(~is_inner);
    level_ += (node >> 15) - ended;
    return ended;
  }

  // Takes `count` <= left() values of the innermost level; returns how many levels they end.
  int skip_values(int count) {
    left_ -= static_cast<uint64_t>(count);
    const int zeros = std::countr_zero(left_) & 60;
    left_ >>= zeros;
    level_ -= zeros >> 2;
    return zeros >> 2;
  }

  // Takes an operator.
  void open(int arguments) {
    left_ = (left_ - 1) << 4 | static_cast<uint64_t>(arguments);
    ++level_;
  }

  // Takes `count` values, or those up to the tree's end; returns how many.
  int take_values(int count) {
    int rest = count;
    while (rest >= left() && level_ >= 0) {
      rest -= left();
      skip_values(left());
    }
    if (level_ < 0) return count - rest;
    left_ -= static_cast<uint64_t>(rest);
    return count;
  }

 private:
  uint64_t left_ = 0x11;
  int level_ = 0;
};

// The same for any tree, in memory of the caller: `left` has a place for each level.
class ArrayLevels {
 public:
  explicit ArrayLevels(uint8_t* left) : left_(left) { *left = 1; }

  int level() const { return level_; }
  bool done() const { return level_ < 0; }
  int left() const { return left_[level_]; }

  void open(int arguments) {
    --left_[level_];
    left_[++level_] = static_cast<uint8_t>(arguments);
  }

  int take_values(int count) {
    int rest = count;
    while (level_ >= 0 && rest >= left()) {
      rest -= left_[level_];
      left_[level_] = 0;
      while (level_ >= 0 && left_[level_] == 0) --level_;
    }
    if (level_ < 0) return count - rest;
    left_[level_] = static_cast<uint8_t>(left_[level_] - rest);
    return count;
  }

 private:
  uint8_t* left_;
  int level_ = 0;
};

}  // namespace synthkit
