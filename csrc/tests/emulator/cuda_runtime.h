// The part of CUDA that csrc/cuda uses, on the CPU, for tests: the same .cu files are compiled as C++ against it.
//
// It shows what a kernel computes, and that its threads meet at their barriers; it shows neither races nor speed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "emulator/fibers.h"
#include "emulator/runtime.h"

#define SK_EMULATED 1
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static thread_local  // fibers of a block share the thread they run on
#define __launch_bounds__(...)

struct float4 {
  float x, y, z, w;
};
struct uint2 {
  unsigned x, y;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }

namespace emulator {

struct Index {
  unsigned x, y, z;
};

inline thread_local Index block_index{}, block_size{}, grid_size{};
inline thread_local std::vector<uint64_t> dynamic_shared;

inline Index thread_index() {
  const Fiber& f = Block::running()->fiber();
  return {f.x, f.y, 0};
}

template <typename T>
T exchange(unsigned mask, T value, unsigned from) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  Block& block = *Block::running();
  std::memcpy(&block.warp().slots[block.lane()], &value, sizeof(T));
  block.sync_warp(mask);
  T found;
  std::memcpy(&found, &block.warp().slots[from % kWarp], sizeof(T));
  block.sync_warp(mask);
  return found;
}

// All lanes' values, folded.
template <typename T, typename Fold>
T reduce(unsigned mask, T value, Fold fold) {
  Block& block = *Block::running();
  std::memcpy(&block.warp().slots[block.lane()], &value, sizeof(T));
  block.sync_warp(mask);
  T all{};
  bool first = true;
  for (unsigned lane = 0; lane < kWarp; ++lane) {
    if (!(mask >> lane & 1)) continue;
    T one;
    std::memcpy(&one, &block.warp().slots[lane], sizeof(T));
    all = first ? one : fold(all, one);
    first = false;
  }
  block.sync_warp(mask);
  return all;
}

template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes, Arguments... arguments) {
  block_size = {block.x, block.y, block.z};
  grid_size = {grid.x, grid.y, grid.z};
  dynamic_shared.assign((shared_bytes + 7) / 8, 0x7FF7DEAD7FF7DEADu);  // a NaN to whoever reads what nobody wrote
  Block threads(block.x, block.y, [=] { kernel(arguments...); });
  Block::running() = &threads;
  for (unsigned y = 0; y < grid.y; ++y) {
    for (unsigned x = 0; x < grid.x; ++x) {
      block_index = order() == Order::kForward ? Index{x, y, 0} : Index{grid.x - 1 - x, grid.y - 1 - y, 0};
      threads.run();
    }
  }
  Block::running() = nullptr;
}

}  // namespace emulator

#define threadIdx (emulator::thread_index())
#define blockIdx (emulator::block_index)
#define blockDim (emulator::block_size)
#define gridDim (emulator::grid_size)

inline void __syncthreads() { emulator::Block::running()->sync(); }
inline void __syncwarp(unsigned mask = ~0u) { emulator::Block::running()->sync_warp(mask); }

template <typename T>
T __shfl_sync(unsigned mask, T value, int from) {
  return emulator::exchange(mask, value, static_cast<unsigned>(from));
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int other) {
  return emulator::exchange(mask, value, emulator::Block::running()->lane() ^ static_cast<unsigned>(other));
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned by) {
  const unsigned lane = emulator::Block::running()->lane();
  return emulator::exchange(mask, value, lane + by < emulator::kWarp ? lane + by : lane);
}
inline unsigned __ballot_sync(unsigned mask, bool holds) {
  return emulator::reduce(mask, unsigned{holds} << emulator::Block::running()->lane(), std::bit_or<unsigned>{});
}
inline int __any_sync(unsigned mask, bool holds) { return __ballot_sync(mask, holds) != 0; }

inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
inline int __ffs(int bits) { return __builtin_ffs(bits); }

template <typename T, typename U>
T atomicAdd(T* at, U value) {
  const T old = *at;
  *at = static_cast<T>(old + value);
  return old;
}
template <typename T, typename U>
T atomicMax(T* at, U value) {
  const T old = *at;
  *at = std::max<T>(old, value);
  return old;
}

template <typename T>
void __stcs(T* at, T value) {
  *at = value;
}
