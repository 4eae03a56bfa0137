// Random words, the hash of bytes, elementary functions, normal numbers.
#include "common/elementary.h"
#include "common/information.h"
#include "common/knn.h"
#include "common/permutation.h"
#include "common/shapes.h"
#include "common/sine.h"
#include "cpu/hash_set.h"
#include "tests/hashes.h"

namespace synthkit::test {

namespace {

constexpr size_t kMany = 20000;

// function(i) for i < kMany.
template <typename Function>
auto map(Function function) {
  std::vector<decltype(function(size_t{0}))> values(kMany);
  for (size_t i = 0; i < kMany; ++i) values[i] = function(i);
  return values;
}

std::string hash_philox() {
  std::vector<uint32_t> words;
  for (uint32_t i = 0; i < 5000; ++i) {
    const PhiloxBlock block = philox4x32_10({i, ~i, i << 20, 5}, i * 0x9E3779B9u, 7);
    words.insert(words.end(), {block.w0, block.w1, block.w2, block.w3});
  }
  return hash_of(words);
}

// Strings of each length up to some words, and which of a list of hashes are new.
std::string hash_unique() {
  const auto text = wholes<uint8_t>(1, 100, 256);
  std::vector<uint64_t> found;
  for (uint64_t length = 0; length <= text.size(); ++length) found.push_back(hash_bytes(text.data(), length));
  HashSet set;
  for (const uint64_t number : wholes<uint64_t>(2, 5000, 3000)) found.push_back(set.add(number << 30));
  return hash_of(found);
}

// Any normal number above 0: exponent and mantissa are drawn.
double normal_number(size_t i) {
  const uint64_t bits = word_at(5, i);
  return bit_cast<double>((bits & 0x000FFFFFFFFFFFFFu) | (1 + (bits >> 52) % 2046) << 52);
}

}  // namespace

void hash_numbers(Hashes& hashes) {
  hashes["philox"] = hash_philox();
  hashes["permutation"] = hash_of(map([](size_t i) { return permuted(i, kMany, 0x243F6A88u, uint32_t(i % 3), 8); }));
  hashes["permutation, wide"] =
      hash_of(map([](size_t i) { return permuted(word_at(9, i) >> 2, uint64_t{1} << 62, 1, 2, 31); }));
  hashes["unique"] = hash_unique();
  hashes["elementary exp2"] = hash_of(map([](size_t i) { return exp2_exact(2200.0 * uniform_at(3, i) - 1100.0); }));
  hashes["elementary exp2 near 0"] = hash_of(map([](size_t i) { return exp2_exact(uniform_at(3, i) - 0.5); }));
  hashes["elementary exp below 1"] = hash_of(map([](size_t i) { return exp_below_one(-800.0 * uniform_at(4, i)); }));
  hashes["elementary log2"] = hash_of(map([](size_t i) { return log2_exact(normal_number(i)); }));
  hashes["elementary log2 near 1"] = hash_of(map([](size_t i) { return log2_exact(0.5 + uniform_at(6, i)); }));
  hashes["elementary log count"] = hash_of(map([](size_t i) { return log_count(int64_t(word_at(7, i) >> 24) + 1); }));
  hashes["elementary sine"] = hash_of(map([](size_t i) { return sin_cycle_exact(word_at(8, i)); }));
  hashes["elementary turn cosine"] =
      hash_of(map([](size_t i) { return turn_of(2000.0 * uniform_at(9, i) - 1000.0).cosine; }));
  hashes["elementary turn sine"] =
      hash_of(map([](size_t i) { return turn_of(2000.0 * uniform_at(9, i) - 1000.0).sine; }));
  hashes["elementary sine float32"] = hash_of(map([](size_t i) { return sin_cycle(block_at(10, i).w0); }));
  hashes["elementary cosine float32"] = hash_of(map([](size_t i) { return cos_cycle(block_at(10, i).w0); }));
  hashes["elementary log float32"] = hash_of(map([](size_t i) { return minus_two_log(block_at(11, i).w0); }));
  hashes["noise normal"] = hash_of(map([](size_t i) { return normal_of(block_at(12, i)); }));
}

}  // namespace synthkit::test
