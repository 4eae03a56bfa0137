// A set of 64-bit hashes: open addressing, linear probing, at most half full. 16 to 32 bytes an element; while it
// grows, half as much again.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace synthkit {

class HashSet {
 public:
  size_t size() const { return used_ + (has_zero_ ? 1 : 0); }

  bool contains(uint64_t hash) const { return hash == 0 ? has_zero_ : slots_[find(hash)] == hash; }

  // True where the hash is new.
  bool add(uint64_t hash) {
    if (hash == 0) {
      const bool is_new = !has_zero_;
      has_zero_ = true;
      return is_new;
    }
    size_t slot = find(hash);
    if (slots_[slot] == hash) return false;
    if (2 * (used_ + 1) > slots_.size()) {
      grow();
      slot = find(hash);
    }
    slots_[slot] = hash;
    ++used_;
    return true;
  }

 private:
  // Where the hash is, or would go. The multiplication spreads hashes of which only a range is ever added.
  size_t find(uint64_t hash) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = static_cast<size_t>((hash * 0x9e3779b97f4a7c15u) >> shift_);
    while (slots_[slot] != 0 && slots_[slot] != hash) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    std::vector<uint64_t> old(2 * slots_.size());
    old.swap(slots_);
    --shift_;
    for (const uint64_t hash : old) {
      if (hash != 0) slots_[find(hash)] = hash;
    }
  }

  static constexpr size_t kFirstSlots = 64;

  std::vector<uint64_t> slots_ = std::vector<uint64_t>(kFirstSlots);  // 0 is an empty slot
  size_t used_ = 0;
  int shift_ = 64 - std::countr_zero(kFirstSlots);
  bool has_zero_ = false;
};

}  // namespace synthkit
