// What GPUs compute instead of a division and a square root, against those, for all the numbers that there are.
#include "common/sine.h"

#include <bit>
#include <cmath>

#include "tests/check.h"

namespace {

using namespace synthkit;

// The mantissa that minus_two_log divides with.
float mantissa(uint32_t word) {
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(word >> 8) + 0.5f);
  const int32_t exponent = static_cast<int32_t>(bits - 0x3F3504F3u) >> 23;
  return std::bit_cast<float>(bits - (static_cast<uint32_t>(exponent) << 23));
}

}  // namespace

int main() {
  for (uint64_t step = 0; step < (uint64_t{1} << 24); ++step) {
    const auto word = static_cast<uint32_t>(step << 8);
    const float m = mantissa(word), x = minus_two_log(word);
    CHECK(newton_ratio(m) == (m - 1.0f) / (m + 1.0f), "(m - 1) / (m + 1) for m = %.9g", m);
    CHECK(newton_root(x) == std::sqrt(x), "the square root of %.9g", x);
  }
  CHECK(newton_root(0.0f) == 0.0f, "the square root of 0");
  return synthkit::test::finish("sine");
}
