// A block's threads as fibers of one thread of the CPU: they take turns, and wait for each other at barriers.
//
// A kernel whose threads do not all come to a barrier would hang on a GPU, or worse; here it ends the test with a word
// of where. Blocks run one after the other: no kernel may rely on any order of them, nor on their number. The order in
// which threads take turns can be changed (see Order): where a barrier is missing, what one thread reads before or
// after another one writes it shows in the result.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace emulator {

constexpr unsigned kWarp = 32;
constexpr size_t kStack = size_t{64} << 10;

// How many have come to a barrier, and how often all had.
struct Barrier {
  unsigned arrived = 0;
  uint64_t passed = 0;
};

struct Warp {
  Barrier barrier;
  uint64_t slots[kWarp];  // what each lane shows to the others
};

struct Fiber {
  std::unique_ptr<char[]> stack = std::make_unique_for_overwrite<char[]>(kStack);
  ucontext_t start;
  jmp_buf state;
  bool begun = false, done = false;
  unsigned x = 0, y = 0;
};

// Forward, backward, or another permutation of the threads, and backward of the blocks, each time that they take turns.
enum class Order { kForward, kBackward, kMixed };

// What the environment variable SYNTHKIT_EMULATED_ORDER says: backward, mixed, or anything else.
inline Order order() {
  static const Order found = [] {
    const char* said = std::getenv("SYNTHKIT_EMULATED_ORDER");
    const std::string name = said == nullptr ? "" : said;
    return name == "backward" ? Order::kBackward : name == "mixed" ? Order::kMixed : Order::kForward;
  }();
  return found;
}

class Block {
 public:
  Block(unsigned width, unsigned height, std::function<void()> kernel)
      : kernel_(std::move(kernel)), fibers_(width * height), warps_((width * height + kWarp - 1) / kWarp) {
    for (unsigned i = 0; i < fibers_.size(); ++i) fibers_[i].x = i % width, fibers_[i].y = i / width;
  }

  // Runs all threads to their end.
  void run() {
    live_ = static_cast<unsigned>(fibers_.size());
    for (Fiber& f : fibers_) f.begun = f.done = false;
    for (uint64_t before = moved_ - 1; live_ > 0;) {
      if (moved_ == before) fail("threads wait at different barriers");
      before = moved_;
      ++round_;
      for (size_t turn = 0; turn < fibers_.size(); ++turn) {
        current_ = place(turn);
        if (!fibers_[current_].done) resume(fibers_[current_]);
      }
    }
  }

  unsigned thread() const { return static_cast<unsigned>(current_); }
  unsigned lane() const { return thread() % kWarp; }
  const Fiber& fiber() const { return fibers_[current_]; }
  Warp& warp() { return warps_[current_ / kWarp]; }

  // All threads of the block that have not ended.
  void sync() {
    wait(block_, [this] { return live_; });
  }

  // All lanes of the warp that have not ended; `mask` must name them and no other.
  void sync_warp(unsigned mask) {
    if (mask != live_lanes()) fail("a mask that does not name the warp's threads");
    wait(warp().barrier, [this] { return static_cast<unsigned>(__builtin_popcount(live_lanes())); });
  }

  static Block*& running() {
    static thread_local Block* block = nullptr;
    return block;
  }

 private:
  [[noreturn]] void fail(const char* why) const {
    std::printf("emulated kernel, thread %u: %s\n", thread(), why);
    std::fflush(stdout);
    std::abort();
  }

  // Whose turn it is. A multiplier that has no factor in common with the number of threads gives a permutation.
  size_t place(size_t turn) const {
    const size_t n = fibers_.size();
    if (order() == Order::kForward) return turn;
    if (order() == Order::kBackward) return n - 1 - turn;
    size_t step = (2 * round_ + 7) % n;
    while (std::gcd(step, n) != 1) step = (step + 1) % n;
    return (turn * step + round_) % n;
  }

  unsigned live_lanes() const {
    unsigned mask = 0;
    const size_t first = current_ / kWarp * kWarp;
    for (size_t i = first; i < fibers_.size() && i < first + kWarp; ++i)
      mask |= unsigned{!fibers_[i].done} << (i - first);
    return mask;
  }

  template <typename Count>
  void wait(Barrier& barrier, Count count) {
    const uint64_t round = barrier.passed;
    ++barrier.arrived;
    while (barrier.passed == round) {
      if (barrier.arrived >= count()) {
        barrier.arrived = 0;
        ++barrier.passed;
        ++moved_;
      } else {
        yield();
      }
    }
  }

  void yield() {
    if (_setjmp(fibers_[current_].state) == 0) _longjmp(scheduler_, 1);
  }

  void resume(Fiber& f) {
    if (_setjmp(scheduler_) != 0) return;
    if (f.begun) _longjmp(f.state, 1);
    f.begun = true;
    getcontext(&f.start);
    f.start.uc_stack.ss_sp = f.stack.get();
    f.start.uc_stack.ss_size = kStack;
    f.start.uc_link = nullptr;
    makecontext(&f.start, &Block::enter, 0);
    setcontext(&f.start);
  }

  static void enter() {
    Block* block = running();
    block->kernel_();
    block->fibers_[block->current_].done = true;
    --block->live_;
    ++block->moved_;
    _longjmp(block->scheduler_, 1);
  }

  std::function<void()> kernel_;
  std::vector<Fiber> fibers_;
  std::vector<Warp> warps_;
  Barrier block_;
  jmp_buf scheduler_;
  size_t current_ = 0;
  unsigned live_ = 0;
  uint64_t moved_ = 0;
  size_t round_ = 0;
};

}  // namespace emulator
