// A tone's row with its harmonics in a vector.
#pragma once

#include <vector>

#include "common/tone_prepare.h"

namespace synthkit {

// Appends the tone's harmonics to `harmonics`.
ToneRow prepare_tone(const Tone& tone, const ToneBatch& batch, std::vector<Harmonic>& harmonics);

}  // namespace synthkit
