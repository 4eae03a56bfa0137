// The device's sort, run on the CPU by the emulator, against std::stable_sort.
#include "cuda/sort.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

#include "common/philox.h"
#include "cuda/memory.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

// Numbers of which there are `distinct`, or no two alike; both zeros among them.
std::vector<double> keys_of(size_t count, uint32_t distinct, uint32_t seed) {
  std::vector<double> keys(count);
  for (size_t i = 0; i < count; ++i) {
    const PhiloxBlock random = philox4x32_10({uint32_t(i), 0, 0, seed}, 7, 0);
    const double key =
        distinct > 0 ? random.w0 % distinct * 0.5 : double(random.w0) - 2147483648.0 + random.w1 * 0x1p-32;
    keys[i] = key == 0.0 && random.w2 % 2 == 0 ? -0.0 : key;
  }
  return keys;
}

void compare(size_t segments, size_t length, std::vector<double> keys) {
  std::vector<double> wanted(keys.size());
  std::vector<int32_t> wanted_values(keys.size()), values(keys.size());
  for (size_t s = 0; s < segments; ++s) {
    std::vector<int32_t> order(length);
    std::iota(order.begin(), order.end(), 0);
    const double* row = keys.data() + s * length;
    std::stable_sort(order.begin(), order.end(), [row](int32_t i, int32_t j) { return row[i] < row[j]; });
    for (size_t i = 0; i < length; ++i) {
      wanted[s * length + i] = row[order[i]];
      wanted_values[s * length + i] = 3 * order[i] - 5;
      values[s * length + i] = 3 * static_cast<int32_t>(i) - 5;
    }
  }
  const auto given = cuda::to_device(std::span<const double>(keys), nullptr);
  const auto alone = cuda::to_device(std::span<const double>(keys), nullptr);
  const auto along = cuda::to_device(std::span<const int32_t>(values), nullptr);
  cuda::sort_segments(given.data(), along.data(), segments, length, nullptr);
  cuda::sort_segments(alone.data(), nullptr, segments, length, nullptr);
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto bits = std::bit_cast<uint64_t>(wanted[i]);
    CHECK(std::bit_cast<uint64_t>(given.data()[i]) == bits, "%zu x %zu: key %zu", segments, length, i);
    CHECK(std::bit_cast<uint64_t>(alone.data()[i]) == bits, "%zu x %zu, no values: key %zu", segments, length, i);
    CHECK(along.data()[i] == wanted_values[i], "%zu x %zu: value %zu", segments, length, i);
  }
}

}  // namespace

int main() {
  // Below, at and above a thread's items, the tile of a warp, and the tile of a block; odd and even numbers of merges.
  for (const size_t length : {1, 2, 6, 7, 8, 31, 33, 223, 224, 225, 1000, 1791, 1792, 1793, 3584, 3585, 9000}) {
    const size_t segments = length < 300 ? 5 : 2;
    for (const uint32_t distinct : {0, 1, 2, 40}) {
      compare(segments, length, keys_of(segments * length, distinct, uint32_t(length) + distinct));
    }
    std::vector<double> rising(length), falling(length);
    for (size_t i = 0; i < length; ++i) rising[i] = double(i), falling[i] = -double(i);
    compare(1, length, rising);
    compare(1, length, falling);
  }
  compare(1, 40000, keys_of(40000, 0, 1));
  compare(1, 40000, keys_of(40000, 300, 2));
  compare(0, 5, {});
  CHECK(emulator::machine.in_use == 0, "%zu bytes were not freed", emulator::machine.in_use);
  return test::finish("cuda_sort");
}
