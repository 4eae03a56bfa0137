// The set of hashes as Python objects hold it.
#pragma once

#include <mutex>

#include "cpu/hash_set.h"

namespace synthkit {

// Locked while it is used: kernels run without the GIL. To be locked after the GIL is released, never before.
struct SharedHashSet {
  HashSet set;
  std::mutex lock;
};

}  // namespace synthkit
