// The loops over tone.h for one instruction set. Included by one file for each, with SK_ISA set to its namespace;
// the compiler vectorises them. No STL here: a template instantiated with AVX-512 could be linked into another path.
#pragma once

#include "common/philox.h"
#include "common/tone.h"
#include "cpu/tone_kernel.h"

namespace synthkit::SK_ISA {

constexpr int kTile = kToneTile;
constexpr int kGroup = 16;  // blocks; one vector of AVX-512
constexpr int kQuads = 64;

struct Lanes {
  alignas(64) uint32_t phase[kBlock];
};

static void fill_lanes(const ToneRow& row, Lanes& lanes) {
  for (int l = 0; l < kBlock; ++l) lanes.phase[l] = lane_phase(row.increment, l);
}

// out[i] for i < count <= kBlock, from the block's phases.
template <typename Shape>
static inline __attribute__((always_inline)) void fill_block(const uint32_t* __restrict lanes, uint32_t base,
                                                             float* __restrict out, int count, Shape shape) {
  if (count == kBlock) {
    for (int l = 0; l < kBlock; ++l) out[l] = shape(base + lanes[l]);
  } else {
    for (int l = 0; l < count; ++l) out[l] = shape(base + lanes[l]);
  }
}

template <typename Shape>
static inline __attribute__((always_inline)) void fill_shape(const ToneRow& row, const Lanes& lanes, int64_t start,
                                                             int count, const uint32_t* __restrict bent,
                                                             float* __restrict out, Shape shape) {
  if (bent != nullptr) {
    for (int i = 0; i < count; ++i) out[i] = shape(bent[i]);
    return;
  }
  for (int done = 0; done < count; done += kBlock) {
    const int left = count - done < kBlock ? count - done : kBlock;
    fill_block(lanes.phase, base_phase(row, start + done), out + done, left, shape);
  }
}

// Phases of a tile with vibrato, bent[i] for i < count.
static void bend(const ToneRow& row, const Lanes& lanes, int64_t start, int count, uint32_t* __restrict bent) {
  for (int done = 0; done < count; done += kBlock) {
    const uint32_t base = base_phase(row, start + done);
    const int left = count - done < kBlock ? count - done : kBlock;
    for (int l = 0; l < left; ++l) bent[done + l] = base + lanes.phase[l];
  }
  const double depth = row.vibrato_depth;
  const uint64_t increment = row.vibrato_increment;
  for (int i = 0; i < count; ++i) bent[i] += vibrato_offset(depth, increment, start + i);
}

// One harmonic into out, set (first) or added.
template <bool kFirst>
static void add_harmonic(const ToneRow& row, const Harmonic& harmonic, const Lanes& lanes, int64_t start, int count,
                         const uint32_t* __restrict bent, float* __restrict out) {
  const uint32_t k = harmonic.k;
  const uint32_t shift = harmonic.shift;
  const float coefficient = harmonic.coefficient;
  if (bent != nullptr) {
    for (int i = 0; i < count; ++i) {
      const float y = coefficient * sin_cycle(k * bent[i] + shift);
      out[i] = kFirst ? y : out[i] + y;
    }
    return;
  }
  alignas(64) float lane_sin[kBlock], lane_cos[kBlock];
  for (int l = 0; l < kBlock; ++l) lane_sin[l] = sin_cycle(k * lanes.phase[l]);
  for (int l = 0; l < kBlock; ++l) lane_cos[l] = cos_cycle(k * lanes.phase[l]);
  // A few blocks at a time: their sines are computed while the processor still stores the blocks before.
  alignas(64) float base_sin[kGroup], base_cos[kGroup];
  for (int done = 0; done < count; done += kGroup * kBlock) {
    const int64_t first = start + done;
    for (int b = 0; b < kGroup; ++b) {
      const uint32_t base = k * base_phase(row, first + int64_t(b) * kBlock) + shift;
      base_sin[b] = coefficient * sin_cycle(base);
      base_cos[b] = coefficient * cos_cycle(base);
    }
    for (int b = 0; b < kGroup && done + b * kBlock < count; ++b) {
      float* __restrict block = out + done + b * kBlock;
      const float s = base_sin[b], c = base_cos[b];
      const int left = count - done - b * kBlock;
      if (left >= kBlock) {
        for (int l = 0; l < kBlock; ++l) {
          const float y = rotate(s, c, lane_sin[l], lane_cos[l]);
          block[l] = kFirst ? y : block[l] + y;
        }
      } else {
        for (int l = 0; l < left; ++l) {
          const float y = rotate(s, c, lane_sin[l], lane_cos[l]);
          block[l] = kFirst ? y : block[l] + y;
        }
      }
    }
  }
}

static void fill_wave(const ToneRow& row, const Harmonic* harmonics, const Lanes& lanes, int64_t start, int count,
                      const uint32_t* bent, float* out) {
  const float amplitude = row.amplitude;
  const float scaled = amplitude * 4.656612873077393e-10f;  // 2^-31
  const uint32_t duty = row.duty;
  const float inverse = row.inverse_increment, corner = row.corner;
  if (row.num_harmonics > 0) {
    const Harmonic* first = harmonics + row.first_harmonic;
    add_harmonic<true>(row, first[0], lanes, start, count, bent, out);
    for (int h = 1; h < row.num_harmonics; ++h) add_harmonic<false>(row, first[h], lanes, start, count, bent, out);
    if (row.offset != 0.0f) {
      const float offset = row.offset;
      for (int i = 0; i < count; ++i) out[i] += offset;
    }
  } else if (row.antialias == kPolyblep) {
    if (row.waveform == kSquare) {
      fill_shape(row, lanes, start, count, bent, out,
                 [=](uint32_t p) { return polyblep_square(p, duty, amplitude, inverse); });
    } else if (row.waveform == kSawtooth) {
      fill_shape(row, lanes, start, count, bent, out,
                 [=](uint32_t p) { return polyblep_sawtooth(p, amplitude, scaled, inverse); });
    } else {
      fill_shape(row, lanes, start, count, bent, out,
                 [=](uint32_t p) { return polyblep_triangle(p, amplitude, scaled, inverse, corner); });
    }
  } else if (row.waveform == kSquare) {
    fill_shape(row, lanes, start, count, bent, out, [=](uint32_t p) { return naive_square(p, duty, amplitude); });
  } else if (row.waveform == kSawtooth) {
    fill_shape(row, lanes, start, count, bent, out, [=](uint32_t p) { return naive_sawtooth(p, scaled); });
  } else {
    fill_shape(row, lanes, start, count, bent, out, [=](uint32_t p) { return naive_triangle(p, amplitude, scaled); });
  }
}

static void apply_gains(const ToneRow& row, int64_t start, int count, float* __restrict out) {
  if (row.has_envelope != 0) {
    const ToneRow copy = row;
    for (int i = 0; i < count; ++i) out[i] *= envelope_gain(copy, float(int32_t(start + i)));
  }
  if (row.tremolo_depth != 0.0f) {
    const float depth = row.tremolo_depth;
    const uint64_t increment = row.tremolo_increment;
    for (int i = 0; i < count; ++i) out[i] *= tremolo_gain(depth, increment, start + i);
  }
}

// White noise: four samples for each Philox block; tiles start at multiples of four.
static void add_noise(const ToneRow& row, int64_t start, int count, float* __restrict out) {
  alignas(64) uint32_t w0[kQuads], w1[kQuads], w2[kQuads], w3[kQuads];
  alignas(64) float z[4 * kQuads];
  const float sigma = row.noise;
  for (int done = 0; done < count; done += 4 * kQuads) {
    const uint32_t quad = uint32_t((start + done) / 4);
    for (int j = 0; j < kQuads; ++j) {
      const PhiloxBlock words =
          philox4x32_10({quad + uint32_t(j), row.index_low, row.index_high, row.stream}, row.key0, row.key1);
      w0[j] = words.w0;
      w1[j] = words.w1;
      w2[j] = words.w2;
      w3[j] = words.w3;
    }
    for (int j = 0; j < kQuads; ++j) {
      const float r = noise_radius(sigma, w0[j]);
      const float q = noise_radius(sigma, w2[j]);
      z[4 * j] = r * cos_cycle(w1[j]);
      z[4 * j + 1] = r * sin_cycle(w1[j]);
      z[4 * j + 2] = q * cos_cycle(w3[j]);
      z[4 * j + 3] = q * sin_cycle(w3[j]);
    }
    const int left = count - done < 4 * kQuads ? count - done : 4 * kQuads;
    for (int i = 0; i < left; ++i) out[done + i] += z[i];
  }
}

// Returns the tile's largest magnitude. Magnitudes are compared by their bits, in which they have the same order: the
// compiler vectorises a maximum of integers, but not one of floats, whose NaN and signed zeros it has to respect.
static float to_pcm16_all(const float* __restrict in, int count, int16_t* __restrict out) {
  uint32_t peak = 0;
  for (int i = 0; i < count; ++i) {
    const uint32_t size = bit_cast<uint32_t>(in[i]) & 0x7FFFFFFFu;
    peak = size > peak ? size : peak;
    out[i] = to_pcm16(in[i]);
  }
  return bit_cast<float>(peak);
}

static void to_bfloat16_all(const float* __restrict in, int count, uint16_t* __restrict out) {
  for (int i = 0; i < count; ++i) out[i] = to_bfloat16(in[i]);
}

void render_row(const ToneRow& row, const Harmonic* harmonics, int64_t num_samples, ToneScratch& scratch,
                ToneFormat format, void* out, float* peak) {
  Lanes lanes;
  fill_lanes(row, lanes);
  float largest = 0.0f;
  for (int64_t start = 0; start < num_samples; start += kTile) {
    const int count = int(num_samples - start < kTile ? num_samples - start : kTile);
    float* tile = format == kFloat32 ? static_cast<float*>(out) + start : scratch.samples;
    const uint32_t* bent = nullptr;
    if (row.vibrato_depth != 0.0) {
      bend(row, lanes, start, count, scratch.phases);
      bent = scratch.phases;
    }
    fill_wave(row, harmonics, lanes, start, count, bent, tile);
    apply_gains(row, start, count, tile);
    if (row.noise != 0.0f) add_noise(row, start, count, tile);
    if (format == kPcm16) {
      const float found = to_pcm16_all(tile, count, static_cast<int16_t*>(out) + start);
      largest = found > largest ? found : largest;
    } else if (format == kBfloat16) {
      to_bfloat16_all(tile, count, static_cast<uint16_t*>(out) + start);
    }
  }
  *peak = largest;
}

}  // namespace synthkit::SK_ISA
