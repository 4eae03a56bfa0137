// The kernels that render tones. A warp takes a run of blocks of one row at a time; blocks of a row, and rows, are
// independent of each other, so that no order of warps shows in the result.
#pragma once

#include "common/tone.h"
#include "cuda/launch.h"
#include "cuda/tone.h"
#include "cuda/tone_lane.h"
#include "cuda/tone_store.h"
#include "cuda/tone_task.h"

namespace synthkit::cuda {

// Everything after the wave itself.
template <bool kModulated, bool kNoisy, ToneFormat kFormat>
__device__ __forceinline__ void finish(const ToneRow& row, const Lane& lane, float (&y)[kQuad],
                                       RowOutput<kFormat>& out) {
  if (kModulated) apply_gains(row, lane, y);
  if (kNoisy) add_noise(row, lane, y);
  out.write(lane.n, y);
}

// Waves that are a function of the phase. Finish(lane, y) takes each block's samples.
template <bool kModulated, typename Shape, typename Finish>
__device__ __forceinline__ void run_shape(const ToneRow& row, Lane lane, int blocks, Shape shape, Finish finish) {
  // Modulated waves have work enough in a block's four samples; more at a time would only take registers.
#pragma unroll(kModulated ? 1 : 4)
  for (int b = 0; b < blocks; ++b, next_block(row, lane)) {
    uint32_t phase[kQuad];
    phases<kModulated>(row, lane, phase);
    float y[kQuad];
    SK_EACH(j, kQuad) y[j] = shape(phase[j]);
    finish(lane, y);
  }
}

// One harmonic without vibrato. Each lane has the sines of one block of the run.
template <typename Finish>
__device__ __forceinline__ void run_rotation(const ToneRow& row, const Harmonic& h, Lane lane, int blocks,
                                             Finish finish) {
  const uint32_t base =
      h.k * static_cast<uint32_t>((lane.base + static_cast<uint64_t>(lane.number) * kBlock * row.increment) >> 32) +
      h.shift;
  const float own_sin = h.coefficient * sin_cycle(base), own_cos = h.coefficient * cos_cycle(base);
  float lane_sin[kQuad], lane_cos[kQuad];
  SK_EACH(j, kQuad) {
    lane_sin[j] = sin_cycle(h.k * lane.turn[j]);
    lane_cos[j] = cos_cycle(h.k * lane.turn[j]);
  }
#pragma unroll 4
  for (int b = 0; b < blocks; ++b, next_block(row, lane)) {
    const float s = __shfl_sync(kFullWarp, own_sin, b), c = __shfl_sync(kFullWarp, own_cos, b);
    float y[kQuad];
    SK_EACH(j, kQuad) y[j] = rotate(s, c, lane_sin[j], lane_cos[j]);
    finish(lane, y);
  }
}

// Sums of harmonics over a chunk of blocks, in the order of the harmonics.
struct Sums {
  float y[kChunk][kQuad];
};

__device__ __forceinline__ void add_turned(const ToneRow& row, const Harmonic& h, const Lane& lane, bool first,
                                           Sums& sums) {
  // All lanes take part in the exchange; lane b has the sines of block b.
  const auto own = static_cast<uint64_t>(lane.number % kChunk);
  const uint32_t base = h.k * static_cast<uint32_t>((lane.base + own * kBlock * row.increment) >> 32) + h.shift;
  const float own_sin = h.coefficient * sin_cycle(base), own_cos = h.coefficient * cos_cycle(base);
  float lane_sin[kQuad], lane_cos[kQuad];
  SK_EACH(j, kQuad) {
    lane_sin[j] = sin_cycle(h.k * lane.turn[j]);
    lane_cos[j] = cos_cycle(h.k * lane.turn[j]);
  }
  SK_EACH(b, kChunk) {
    const float s = __shfl_sync(kFullWarp, own_sin, b), c = __shfl_sync(kFullWarp, own_cos, b);
    SK_EACH(j, kQuad) {
      const float y = rotate(s, c, lane_sin[j], lane_cos[j]);
      sums.y[b][j] = first ? y : sums.y[b][j] + y;
    }
  }
}

template <bool kModulated, typename Finish>
__device__ __forceinline__ void run_harmonics(const ToneRow& row, const Harmonic* harmonics, Lane lane, int blocks,
                                              Finish finish) {
  const bool bent = kModulated && row.vibrato_depth != 0.0;
  for (int done = 0; done < blocks; done += kChunk) {
    Sums sums;
    uint32_t phase[kChunk][kQuad];
    if (bent) {
      Lane at = lane;
      SK_EACH(b, kChunk) {
        phases<kModulated>(row, at, phase[b]);
        next_block(row, at);
      }
    }
    for (int i = 0; i < row.num_harmonics; ++i) {
      const Harmonic h = harmonics[row.first_harmonic + i];
      if (bent) {
        SK_EACH(b, kChunk) SK_EACH(j, kQuad) {
          const float y = h.coefficient * sin_cycle(h.k * phase[b][j] + h.shift);
          sums.y[b][j] = i == 0 ? y : sums.y[b][j] + y;
        }
      } else {
        add_turned(row, h, lane, i == 0, sums);
      }
    }
    SK_EACH(b, kChunk) {
      if (row.offset != 0.0f) {
        SK_EACH(j, kQuad) sums.y[b][j] = sums.y[b][j] + row.offset;
      }
      if (done + b < blocks) finish(lane, sums.y[b]);
      next_block(row, lane);
    }
  }
}

// Naive and polyBLEP waves, and the sine.
template <bool kModulated, typename Finish>
__device__ __forceinline__ void run_simple(const ToneRow& row, const Harmonic* harmonics, const Lane& lane, int blocks,
                                           Finish finish) {
  const float a = row.amplitude, scaled = a * 4.656612873077393e-10f;  // 2^-31
  const float inverse = row.inverse_increment, corner = row.corner;
  const uint32_t duty = row.duty;
  const bool blep = row.antialias == kPolyblep;
  if (row.num_harmonics > 0) {
    const Harmonic h = harmonics[row.first_harmonic];
    if (kModulated && row.vibrato_depth != 0.0) {
      run_shape<kModulated>(
          row, lane, blocks, [=](uint32_t p) { return h.coefficient * sin_cycle(h.k * p + h.shift); }, finish);
    } else {
      run_rotation(row, h, lane, blocks, finish);
    }
  } else if (row.waveform == kSquare && blep) {
    run_shape<kModulated>(row, lane, blocks, [=](uint32_t p) { return polyblep_square(p, duty, a, inverse); }, finish);
  } else if (row.waveform == kSquare) {
    run_shape<kModulated>(row, lane, blocks, [=](uint32_t p) { return naive_square(p, duty, a); }, finish);
  } else if (row.waveform == kSawtooth && blep) {
    run_shape<kModulated>(
        row, lane, blocks, [=](uint32_t p) { return polyblep_sawtooth(p, a, scaled, inverse); }, finish);
  } else if (row.waveform == kSawtooth) {
    run_shape<kModulated>(row, lane, blocks, [=](uint32_t p) { return naive_sawtooth(p, scaled); }, finish);
  } else if (blep) {
    run_shape<kModulated>(
        row, lane, blocks, [=](uint32_t p) { return polyblep_triangle(p, a, scaled, inverse, corner); }, finish);
  } else {
    run_shape<kModulated>(row, lane, blocks, [=](uint32_t p) { return naive_triangle(p, a, scaled); }, finish);
  }
}

template <bool kSums, bool kModulated, bool kNoisy, ToneFormat kFormat>
__global__ void __launch_bounds__(kRenderThreads) render_tones_kernel(RenderTask task) {
  using Type = typename Sample<kFormat>::Type;
  const int64_t first = (int64_t{blockIdx.x} * kRenderThreads + threadIdx.x) / kWarp;
  const int64_t step = int64_t{gridDim.x} * (kRenderThreads / kWarp);
  for (int64_t run = first; run < task.num_runs; run += step) {
    const int64_t number = run / task.runs_per_row;
    const int64_t start = (run - number * task.runs_per_row) * (kRun * kBlock);
    const int64_t left = (task.num_samples - start + kBlock - 1) / kBlock;
    const int blocks = left < kRun ? static_cast<int>(left) : kRun;
    const ToneRow row = task.rows[number];
    const Lane lane = lane_at(row, start);
    RowOutput<kFormat> out{static_cast<Type*>(task.out) + number * task.pitch, task.num_samples, task.aligned, 0};
    const auto write = [&](const Lane& at, float (&y)[kQuad]) { finish<kModulated, kNoisy>(row, at, y, out); };
    if constexpr (kSums) {
      run_harmonics<kModulated>(row, task.harmonics, lane, blocks, write);
    } else {
      run_simple<kModulated>(row, task.harmonics, lane, blocks, write);
    }
    if (kFormat == kPcm16 && task.peaks != nullptr) {
      const uint32_t peak = warp_max(out.peak);
      if (lane.number == 0) atomicMax(task.peaks + number, peak);
    }
  }
}

template <ToneFormat kFormat>
void render_format(const ToneParts& parts, const RenderTask& task, cudaStream_t stream) {
  const auto go = [&](auto kernel) {
    launch("render_tones", kernel, grid_of(task.num_runs, kRenderThreads / kWarp), dim3(kRenderThreads), 0, stream,
           task);
  };
  const auto with = [&]<bool kSums>() {
    if (parts.noisy) return go(render_tones_kernel<kSums, true, true, kFormat>);
    if (parts.modulated) return go(render_tones_kernel<kSums, true, false, kFormat>);
    return go(render_tones_kernel<kSums, false, false, kFormat>);
  };
  return parts.additive ? with.template operator()<true>() : with.template operator()<false>();
}

}  // namespace synthkit::cuda
