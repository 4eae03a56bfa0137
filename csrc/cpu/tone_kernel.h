// What the per-instruction-set files offer to the dispatcher.
#pragma once

#include <stdint.h>

#include "common/tone.h"

namespace synthkit {

constexpr int kToneTile = 16384;  // samples; a multiple of kBlock and of 4. Tile and phases stay in the L2 cache.

struct ToneScratch {
  alignas(64) float samples[kToneTile];
  alignas(64) uint32_t phases[kToneTile];
};

// Renders one row into `out`; `peak` gets the largest magnitude of a 16-bit integer row, 0 of others.
using RenderRow = void (*)(const ToneRow& row, const Harmonic* harmonics, int64_t num_samples, ToneScratch& scratch,
                           ToneFormat format, void* out, float* peak);

namespace baseline {
void render_row(const ToneRow&, const Harmonic*, int64_t, ToneScratch&, ToneFormat, void*, float*);
}
namespace avx2 {
void render_row(const ToneRow&, const Harmonic*, int64_t, ToneScratch&, ToneFormat, void*, float*);
}
namespace avx512 {
void render_row(const ToneRow&, const Harmonic*, int64_t, ToneScratch&, ToneFormat, void*, float*);
}

}  // namespace synthkit
