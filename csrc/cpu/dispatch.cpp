#include "cpu/dispatch.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace synthkit {

bool cpu_path_available(CpuPath path) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (path) {
    case CpuPath::kBaseline:
      return true;
    case CpuPath::kAvx2:
      return __builtin_cpu_supports("avx2");
    case CpuPath::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  }
  return false;
#else
  return path == CpuPath::kBaseline;
#endif
}

namespace {

int wanted_path(const char* wanted) {
  for (int i = 0; i < kNumCpuPaths; ++i) {
    if (std::strcmp(wanted, kCpuPathNames[i]) == 0 && cpu_path_available(CpuPath(i))) return i;
  }
  return -1;
}

CpuPath best_path() {
  const char* wanted = std::getenv("SYNTHKIT_CPU_PATH");
  if (wanted != nullptr && wanted_path(wanted) >= 0) return CpuPath(wanted_path(wanted));
  for (int i = kNumCpuPaths - 1; i > 0; --i) {
    if (cpu_path_available(CpuPath(i))) return CpuPath(i);
  }
  return CpuPath::kBaseline;
}

std::atomic<int>& current() {
  static std::atomic<int> path{int(best_path())};
  return path;
}

}  // namespace

CpuPath cpu_path() { return CpuPath(current().load()); }

const char* unknown_cpu_path() {
  const char* wanted = std::getenv("SYNTHKIT_CPU_PATH");
  return wanted != nullptr && wanted_path(wanted) < 0 ? wanted : nullptr;
}

bool set_cpu_path(CpuPath path) {
  if (!cpu_path_available(path)) return false;
  current().store(int(path));
  return true;
}

}  // namespace synthkit
