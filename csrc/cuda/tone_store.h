// Four samples of a lane on their way to memory: 16 bytes at once as floats, 8 in 16 bits.
#pragma once

#include "common/tone.h"
#include "cuda/launch.h"
#include "cuda/tone_lane.h"

namespace synthkit::cuda {

template <ToneFormat kFormat>
struct Sample;

template <>
struct Sample<kFloat32> {
  using Type = float;
  static __device__ __forceinline__ float of(float y) { return y; }
  static __device__ __forceinline__ void store(float* at, const float (&y)[kQuad]) {
    __stcs(reinterpret_cast<float4*>(at), make_float4(y[0], y[1], y[2], y[3]));
  }
};

// Two samples of 16 bits, the first one in the lower half.
__device__ __forceinline__ unsigned pair(uint16_t low, uint16_t high) {
  return static_cast<unsigned>(low) | static_cast<unsigned>(high) << 16;
}

template <>
struct Sample<kPcm16> {
  using Type = uint16_t;
  static __device__ __forceinline__ uint16_t of(float y) { return static_cast<uint16_t>(to_pcm16(y)); }
  static __device__ __forceinline__ void store(uint16_t* at, const float (&y)[kQuad]) {
    __stcs(reinterpret_cast<uint2*>(at), make_uint2(pair(of(y[0]), of(y[1])), pair(of(y[2]), of(y[3]))));
  }
};

template <>
struct Sample<kBfloat16> {
  using Type = uint16_t;
  static __device__ __forceinline__ uint16_t of(float y) { return to_bfloat16(y); }
  static __device__ __forceinline__ void store(uint16_t* at, const float (&y)[kQuad]) {
    __stcs(reinterpret_cast<uint2*>(at), make_uint2(pair(of(y[0]), of(y[1])), pair(of(y[2]), of(y[3]))));
  }
};

// One row's samples.
template <ToneFormat kFormat>
struct RowOutput {
  typename Sample<kFormat>::Type* row;
  int64_t num_samples;
  bool aligned;   // rows begin where four samples can be stored at once
  uint32_t peak;  // bits of the largest magnitude so far; they have the order of the magnitudes

  __device__ __forceinline__ void write(int64_t n, const float (&y)[kQuad]) {
    if (aligned && n + kQuad <= num_samples) {
      Sample<kFormat>::store(row + n, y);
      SK_EACH(j, kQuad) see(y[j]);
      return;
    }
    SK_EACH(j, kQuad) {
      if (n + j < num_samples) {
        row[n + j] = Sample<kFormat>::of(y[j]);
        see(y[j]);
      }
    }
  }

  __device__ __forceinline__ void see(float y) {
    if (kFormat != kPcm16) return;
    const uint32_t size = bit_cast<uint32_t>(y) & 0x7FFFFFFFu;
    peak = size > peak ? size : peak;
  }
};

// The largest of a warp's numbers, in all lanes.
__device__ __forceinline__ uint32_t warp_max(uint32_t value) {
  SK_EACH(step, 5) {
    const uint32_t other = __shfl_xor_sync(kFullWarp, value, 1 << step);
    value = other > value ? other : value;
  }
  return value;
}

}  // namespace synthkit::cuda
