// What one lane of a warp computes of a tone: four samples side by side of each block of 128, so that a warp writes a
// block at once. Sines of harmonics go as on the CPU: those of the blocks' first phases and those of the lanes, turned.
#pragma once

#include "common/philox.h"
#include "common/tone.h"
#include "cuda/launch.h"
#include "cuda/tone_task.h"

namespace synthkit::cuda {

static_assert(kQuad * kWarp == kBlock);

// A loop that is written out whole, so that arrays stay in registers.
#define SK_EACH(i, count) _Pragma("unroll") for (int i = 0; i < (count); ++i)

// A lane's place in every block of a row, and where the row's phase stands there.
struct Lane {
  int number;            // in the warp
  int64_t n;             // its first sample in the block at hand
  uint64_t base;         // of the block at hand: phase0 + first sample * increment
  uint64_t bend;         // n * increment of the vibrato
  uint64_t swell;        // n * increment of the tremolo
  uint32_t turn[kQuad];  // lane_phase of its samples
};

__device__ __forceinline__ Lane lane_at(const ToneRow& row, int64_t block_start) {
  Lane lane;
  lane.number = static_cast<int>(threadIdx.x % kWarp);
  lane.n = block_start + lane.number * kQuad;
  lane.base = row.phase0 + static_cast<uint64_t>(block_start) * row.increment;
  lane.bend = static_cast<uint64_t>(lane.n) * row.vibrato_increment;
  lane.swell = static_cast<uint64_t>(lane.n) * row.tremolo_increment;
  SK_EACH(j, kQuad) lane.turn[j] = lane_phase(row.increment, lane.number * kQuad + j);
  return lane;
}

__device__ __forceinline__ void next_block(const ToneRow& row, Lane& lane) {
  lane.n += kBlock;
  lane.base += kBlock * row.increment;
  lane.bend += kBlock * row.vibrato_increment;
  lane.swell += kBlock * row.tremolo_increment;
}

template <bool kModulated>
__device__ __forceinline__ void phases(const ToneRow& row, const Lane& lane, uint32_t (&phase)[kQuad]) {
  const auto base = static_cast<uint32_t>(lane.base >> 32);
  SK_EACH(j, kQuad) phase[j] = base + lane.turn[j];
  if (kModulated && row.vibrato_depth != 0.0) {
    SK_EACH(j, kQuad) {
      phase[j] += vibrato_at(row.vibrato_depth, lane.bend + static_cast<uint64_t>(j) * row.vibrato_increment);
    }
  }
}

__device__ __forceinline__ void apply_gains(const ToneRow& row, const Lane& lane, float (&y)[kQuad]) {
  if (row.has_envelope != 0) {
    const auto n = static_cast<int32_t>(lane.n);
    // Of most clips the greater part is held; the question has one answer for all lanes.
    const int32_t first = n - lane.number * kQuad;
    if (envelope_is_level(row, static_cast<float>(first), static_cast<float>(first + kBlock - 1))) {
      const float gain = envelope_gain(row, static_cast<float>(first));
      SK_EACH(j, kQuad) y[j] = y[j] * gain;
    } else {
      SK_EACH(j, kQuad) y[j] = y[j] * envelope_gain(row, static_cast<float>(n + j));
    }
  }
  if (row.tremolo_depth != 0.0f) {
    SK_EACH(j, kQuad) {
      y[j] = y[j] * tremolo_at(row.tremolo_depth, lane.swell + static_cast<uint64_t>(j) * row.tremolo_increment);
    }
  }
}

// One Philox block has the noise of four samples, and a lane's four begin at a multiple of four.
__device__ __forceinline__ void add_noise(const ToneRow& row, const Lane& lane, float (&y)[kQuad]) {
  static_assert(kQuad == 4);
  if (row.noise == 0.0f) return;
  const PhiloxBlock w =
      philox4x32_10({static_cast<uint32_t>(lane.n / 4), row.index_low, row.index_high, row.stream}, row.key0, row.key1);
  const float r = noise_radius(row.noise, w.w0), q = noise_radius(row.noise, w.w2);
  y[0] = y[0] + r * cos_cycle(w.w1);
  y[1] = y[1] + r * sin_cycle(w.w1);
  y[2] = y[2] + q * cos_cycle(w.w3);
  y[3] = y[3] + q * sin_cycle(w.w3);
}

}  // namespace synthkit::cuda
