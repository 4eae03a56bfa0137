// Philox4x32-10 against the known answers published with Random123 (kat_vectors), and the permutation that it keys.
#include "common/philox.h"

#include <vector>

#include "common/permutation.h"
#include "tests/check.h"

using synthkit::permuted;
using synthkit::philox4x32_10;
using synthkit::PhiloxBlock;

namespace {

struct Known {
  PhiloxBlock counter;
  uint32_t key[2];
  PhiloxBlock words;
};

constexpr uint32_t kOnes = 0xFFFFFFFFu;
constexpr Known kKnown[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}},
    {{kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}, {0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}},
    {{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344},
     {0xA4093822, 0x299F31D0},
     {0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}},
};

}  // namespace

int main() {
  for (const Known& known : kKnown) {
    const PhiloxBlock w = philox4x32_10(known.counter, known.key[0], known.key[1]);
    CHECK(w.w0 == known.words.w0 && w.w1 == known.words.w1 && w.w2 == known.words.w2 && w.w3 == known.words.w3,
          "%08x %08x %08x %08x", w.w0, w.w1, w.w2, w.w3);
  }
  // Each number of a domain once, whatever its size.
  for (const uint64_t size : {1025, 1500, 4095, 4096}) {
    std::vector<bool> seen(size);
    for (uint64_t i = 0; i < size; ++i) {
      const uint64_t image = permuted(i, size, 7, 9, 6);
      CHECK(image < size && !seen[image], "%llu of %llu", static_cast<unsigned long long>(i),
            static_cast<unsigned long long>(size));
      seen[image] = true;
    }
  }
  return synthkit::test::finish("philox");
}
