// The hash of bytes and the set of hashes.
#include <string>
#include <vector>

#include "common/hash.h"
#include "cpu/hash_set.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

uint64_t hash(const std::string& text) {
  return hash_bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

void check_hash() {
  CHECK(hash("") == 0);  // every step keeps 0
  // One word: h = (8 m ^ w') m with w' = (w m ^ w m >> 47) m; here in two steps of the definition.
  const std::string word("\x01\0\0\0\0\0\0\0", 8);
  uint64_t mixed = kHashMultiplier;
  mixed = (mixed ^ mixed >> 47) * kHashMultiplier;
  CHECK(hash(word) == hash_finish((8 * kHashMultiplier ^ mixed) * kHashMultiplier));
  CHECK(hash(word) != hash(word + '\0'));
  CHECK(hash("ab") != hash("ba"));
}

void check_set() {
  HashSet set;
  CHECK(set.size() == 0 && !set.contains(0) && !set.contains(5));
  CHECK(set.add(0) && !set.add(0) && set.contains(0) && set.size() == 1);
  for (uint64_t k = 1; k < 5000; ++k) CHECK(set.add(k << 40), "%llu", static_cast<unsigned long long>(k));
  for (uint64_t k = 1; k < 5000; ++k) CHECK(set.contains(k << 40) && !set.contains(k) && !set.add(k << 40));
  CHECK(set.size() == 5000);
}

}  // namespace

int main() {
  check_hash();
  check_set();
  return synthkit::test::finish("unique");
}
