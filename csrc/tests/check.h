// The smallest test harness that tells where and what: checks count, the exit status says whether all held.
#pragma once

#include <cstdio>

namespace synthkit::test {

inline int failures = 0;
inline long checks = 0;

inline int finish(const char* name) {
  std::printf("%s: %ld checks, %d failures\n", name, checks, failures);
  return failures == 0 && checks > 0 ? 0 : 1;
}

}  // namespace synthkit::test

// `condition` must be written so that NaN fails: (diff <= tolerance), never !(diff > tolerance).
#define CHECK(condition, ...)                                     \
  do {                                                            \
    ++synthkit::test::checks;                                     \
    if (!(condition) && ++synthkit::test::failures <= 20) {       \
      std::printf("%s:%d: %s; ", __FILE__, __LINE__, #condition); \
      std::printf(" " __VA_ARGS__);                               \
      std::printf("\n");                                          \
    }                                                             \
  } while (false)
