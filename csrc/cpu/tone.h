// Renders a batch of tones on the CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/tone_prepare.h"

namespace synthkit {

// Rows of [num_samples] of the format, `stride` bytes apart.
struct ToneOutput {
  std::byte* data;
  int64_t stride;
  ToneFormat format;
};

// Renders tones[i] into row i. `peaks` [tones] gets the largest magnitude of each int16 row, before rounding.
// The result does not depend on `threads`.
void render_tones(std::span<const Tone> tones, const ToneBatch& batch, const ToneOutput& out, std::span<float> peaks,
                  int threads);

}  // namespace synthkit
