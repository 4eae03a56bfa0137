// Memory of devices that have no pools, staging, and pieces.
#include "cuda/memory.h"

#include <vector>

#include "cuda/chunks.h"
#include "cuda/finite.h"
#include "cuda/staging.h"
#include "tests/check.h"

namespace {

using namespace synthkit;

template <typename Exception, typename Work>
bool throws(Work work) {
  try {
    work();
  } catch (const Exception&) {
    return true;
  }
  return false;
}

void check_without_pools() {
  emulator::machine.pools = false;
  {
    cuda::Bytes first(100, nullptr), second(200, nullptr);
    CHECK(emulator::machine.in_use == 300, "%zu", emulator::machine.in_use);
    first = std::move(second);
    CHECK(first.size() == 200, "%zu", first.size());
  }
  CHECK(emulator::machine.in_use == 0, "%zu", emulator::machine.in_use);
  emulator::machine.memory = 1000;
  CHECK(throws<cuda::OutOfMemory>([] { cuda::Bytes(1001, nullptr); }), "more than there is");
  CHECK(cudaGetLastError() == cudaSuccess, "a want of memory is no lasting error");
  emulator::machine.memory = size_t{1} << 30;
}

// Pieces of the host's memory are used again, whatever is copied out of them.
void check_staging() {
  cuda::Array<int> out(1000, nullptr);
  for (int round = 0; round < 3; ++round) {
    std::vector<int> values(1000, round);
    cuda::Staging::shared().copy(out.data(), values.data(), 4000, nullptr);
    values.assign(1000, -1);
    CHECK(out.data()[0] == round && out.data()[999] == round, "round %d", round);
  }
  cuda::Staging::shared().copy(nullptr, nullptr, 0, nullptr);
}

void check_pieces() {
  std::vector<int> done(10);
  size_t calls = 0;
  const size_t piece = cuda::in_pieces(10, [&](size_t first, size_t count) {
    ++calls;
    if (count > 3) throw cuda::OutOfMemory("full");
    for (size_t i = first; i < first + count; ++i) ++done[i];
  });
  CHECK(piece == 2 && calls == 7, "pieces of %zu, %zu calls", piece, calls);  // 10, 5, then 2 at a time
  for (const int times : done) CHECK(times == 1, "%d times", times);
  CHECK(throws<cuda::OutOfMemory>([] { cuda::in_pieces(4, [](size_t, size_t) { throw cuda::OutOfMemory("full"); }); }),
        "not even one fits");
}

void check_errors() {
  CHECK(throws<cuda::NoDevice>([] { cuda::check(cudaErrorNoDevice, "looking"); }), "no device");
  CHECK(throws<cuda::NoDevice>([] { const cuda::OnDevice on(7); }), "no such device");
  CHECK(throws<cuda::Error>([] { cuda::check(cudaErrorIllegalAddress, "a kernel"); }), "a kernel that failed");
  CHECK(!throws<cuda::NoDevice>([] {
    try {
      cuda::check(cudaErrorIllegalAddress, "a kernel");
    } catch (const cuda::NoDevice&) {
      throw;
    } catch (const cuda::Error&) {
    }
  }),
        "a failed kernel is no want of a device");
}

void check_not_finite() {
  std::vector<double> values(5000, 1.0);
  const auto first = [&] {
    const cuda::Array<double> there = cuda::to_device(std::span<const double>(values), nullptr);
    return cuda::first_not_finite(there.data(), 5000, nullptr);
  };
  CHECK(first() == -1, "all are finite");
  for (const size_t place : {size_t{4999}, size_t{300}, size_t{0}}) {
    values[place] = place == 300 ? -HUGE_VAL : NAN;
    CHECK(first() == static_cast<int64_t>(place), "the first of those at %zu", place);
  }
}

}  // namespace

int main() {
  check_without_pools();
  check_staging();
  check_pieces();
  check_errors();
  check_not_finite();
  CHECK(emulator::machine.in_use == 0, "%zu bytes were not freed", emulator::machine.in_use);
  return synthkit::test::finish("cuda_memory");
}
