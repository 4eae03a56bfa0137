// Renders a batch of tones on a device, with the bits of the CPU's loops.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <span>

#include "common/tone_prepare.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

// Which parts of the arithmetic any tone of a batch needs: kernels without the others are leaner.
struct ToneParts {
  bool additive, modulated, noisy;
};

// Tones on the device, ready to be rendered as often as wanted. Made in the order of the stream, without waiting for
// it.
class ToneRows {
 public:
  // On the current device. The tones may be changed on return.
  ToneRows(std::span<const Tone> tones, const ToneBatch& batch, cudaStream_t stream);

  int64_t count() const { return static_cast<int64_t>(rows_.size()); }
  int64_t num_samples() const { return num_samples_; }
  ToneParts parts() const { return parts_; }
  const ToneRow* rows() const { return rows_.data(); }
  const Harmonic* harmonics() const { return harmonics_.data(); }

 private:
  Array<ToneRow> rows_;
  Array<Harmonic> harmonics_;
  int64_t num_samples_;
  ToneParts parts_;
};

// Rows of [num_samples] of the format in the device's memory, `pitch` samples apart.
struct ToneTarget {
  void* data;
  int64_t pitch;
  ToneFormat format;
};

// Queues the rendering of all rows. `peaks` [rows] in the device's memory may be null; else it must hold zeros and gets
// the bits of the largest magnitude of each row of 16-bit integers, before rounding.
void render_tones(const ToneRows& rows, const ToneTarget& target, uint32_t* peaks, cudaStream_t stream);

}  // namespace synthkit::cuda
