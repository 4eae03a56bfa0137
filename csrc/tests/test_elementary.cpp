// The elementary functions against libm in long double (64-bit mantissa on x86-64).
#include "common/elementary.h"

#include <cmath>
#include <limits>

#include "common/sine.h"
#include "tests/check.h"

namespace {

constexpr double kTolerance = 1e-15;

void check_exp2() {
  using synthkit::exp2_exact;
  for (int i = -1021 * 64; i < 1023 * 64; ++i) {
    const double x = i / 64.0 + 1e-3 * (i % 7);
    const long double truth = std::exp2(static_cast<long double>(x));
    CHECK(std::fabs(exp2_exact(x) / truth - 1) <= kTolerance, "x = %.17g", x);
  }
  for (int n = -1021; n < 1024; ++n) CHECK(exp2_exact(n) == std::ldexp(1.0, n), "2^%d", n);
  CHECK(exp2_exact(1024.0) == std::numeric_limits<double>::infinity());
  CHECK(exp2_exact(-1100.0) == 0.0);
}

void check_log2() {
  using synthkit::log2_exact;
  for (int i = 1; i < 200000; ++i) {
    const double x = i / 4096.0;
    const long double truth = std::log2(static_cast<long double>(x));
    CHECK(std::fabs(log2_exact(x) - truth) <= kTolerance * std::fmax(1.0L, std::fabs(truth)), "x = %.17g", x);
  }
  for (int n = -1022; n < 1024; ++n) CHECK(log2_exact(std::ldexp(1.0, n)) == n, "2^%d", n);
}

void check_sine() {
  const long double turn = 2 * std::acos(-1.0L);
  for (uint64_t i = 0; i < 100000; ++i) {
    const uint64_t phase = i * 0x9E3779B97F4A7C15u;
    const long double truth = std::sin(turn * (static_cast<long double>(phase) / 18446744073709551616.0L));
    CHECK(std::fabs(synthkit::sin_cycle_exact(phase) - truth) <= kTolerance, "phase = %llx",
          static_cast<unsigned long long>(phase));
    const auto top = static_cast<uint32_t>(phase >> 32);
    const long double coarse = std::sin(turn * (top / 4294967296.0L));
    CHECK(std::fabs(synthkit::sin_cycle(top) - coarse) <= 2.5e-7L, "phase = %x", top);
  }
  CHECK(synthkit::sin_cycle_exact(0) == 0.0 && synthkit::sin_cycle_exact(uint64_t{1} << 63) == 0.0);
  CHECK(synthkit::sin_cycle(0) == 0.0f && synthkit::sin_cycle(0x80000000u) == 0.0f);
}

void check_log() {
  for (uint64_t i = 0; i < 200000; ++i) {
    const auto word = static_cast<uint32_t>(i * 0x9E3779B97F4A7C15u >> 32);
    const long double u = ((word >> 8) + 0.5L) / 16777216.0L;
    const float found = synthkit::minus_two_log(word);
    CHECK(found >= 0.0f && std::fabs(found + 2 * std::log(u)) <= 1e-5L, "word = %x", word);
  }
}

}  // namespace

int main() {
  check_exp2();
  check_log2();
  check_sine();
  check_log();
  return synthkit::test::finish("elementary");
}
