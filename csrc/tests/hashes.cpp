// Prints a hash of what each family of kernels gives on fixed inputs. With a file of such lines (hashes.txt) it
// compares instead, on every path that this machine has: that file is the proof that machines of different kinds give
// the same bits. After a change of bits that is meant: build/cpp/hashes > csrc/tests/hashes.txt.
#include "tests/hashes.h"

#include <fstream>

#include "cpu/dispatch.h"
#include "tests/check.h"

namespace {

using namespace synthkit;
using namespace synthkit::test;

Hashes all_hashes() {
  Hashes hashes;
  hash_numbers(hashes);
  hash_tones(hashes);
  hash_shapes(hashes);
  hash_texts(hashes);
  hash_listops(hashes);
  hash_information(hashes);
  hash_fits(hashes);
  return hashes;
}

// A line: the name, two spaces, the hash.
Hashes read_hashes(std::ifstream& file) {
  Hashes hashes;
  for (std::string line; std::getline(file, line);) {
    const size_t end = line.find("  ");
    CHECK(end != std::string::npos, "no hash in the line '%s'", line.c_str());
    if (end != std::string::npos) hashes[line.substr(0, end)] = line.substr(end + 2);
  }
  return hashes;
}

void differ(const char* path, const std::string& name, const std::string& found, const std::string& wanted) {
  ++failures;
  std::printf("%s, %s: %s, not %s\n", path, name.c_str(), found.c_str(), wanted.c_str());
}

void compare(const char* path, const Hashes& found, const Hashes& wanted) {
  for (const auto& [name, hash] : found) {
    ++checks;
    const auto known = wanted.find(name);
    if (known == wanted.end()) {
      differ(path, name, hash, "in the file");
    } else if (hash != known->second) {
      differ(path, name, hash, known->second);
    }
  }
  for (const auto& [name, hash] : wanted) {
    if (!found.contains(name)) differ(path, name, "not made", hash);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    for (const auto& [name, hash] : all_hashes()) std::printf("%s  %s\n", name.c_str(), hash.c_str());
    return failures == 0 ? 0 : 1;
  }
  std::ifstream file(arguments[1]);
  if (!file) {
    std::printf("cannot read %s\n", arguments[1]);
    return 1;
  }
  const Hashes wanted = read_hashes(file);
  for (int p = 0; p < kNumCpuPaths; ++p) {
    if (set_cpu_path(CpuPath(p))) compare(kCpuPathNames[p], all_hashes(), wanted);
  }
  return finish("hashes");
}
