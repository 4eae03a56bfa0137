#include "cpu/tone_prepare.h"

namespace synthkit {

ToneRow prepare_tone(const Tone& tone, const ToneBatch& batch, std::vector<Harmonic>& harmonics) {
  const auto first = static_cast<int32_t>(harmonics.size());
  return prepared_tone(tone, batch, first, [&](int32_t, const Harmonic& harmonic) { harmonics.push_back(harmonic); });
}

}  // namespace synthkit
