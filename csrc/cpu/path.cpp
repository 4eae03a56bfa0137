#include "cpu/path.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace synthkit {
namespace {

constexpr int kUnset = -1;
std::atomic<int> active{kUnset};

std::string available_names() {
    std::string names;
    for (int i = 0; i < kCpuPathCount; ++i) {
        const auto path = static_cast<CpuPath>(i);
        if (is_available(path)) names += (names.empty() ? "" : ", ") + std::string(name_of(path));
    }
    return names;
}

CpuPath path_named(const std::string& name, const char* where) {
    for (int i = 0; i < kCpuPathCount; ++i) {
        const auto path = static_cast<CpuPath>(i);
        if (name == name_of(path) && is_available(path)) return path;
    }
    throw std::invalid_argument(std::string(where) + ": '" + name + "' is not one of " + available_names() +
                                " (what this machine and build support)");
}

CpuPath best_path() {
    if (is_available(CpuPath::kAvx512)) return CpuPath::kAvx512;
    return is_available(CpuPath::kAvx2) ? CpuPath::kAvx2 : CpuPath::kBaseline;
}

}  // namespace

const char* name_of(CpuPath path) {
    constexpr const char* kNames[kCpuPathCount] = {"baseline", "avx2", "avx512"};
    return kNames[static_cast<int>(path)];
}

bool is_available(CpuPath path) {
    if (path == CpuPath::kBaseline) return true;
#if defined(SYNTHKIT_X86_PATHS)
    // These ask both the processor and, by XGETBV, whether the operating system saves the wide registers.
    if (path == CpuPath::kAvx2) return __builtin_cpu_supports("avx2") != 0;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

CpuPath active_path() {
    int path = active.load(std::memory_order_relaxed);
    if (path == kUnset) {
        const char* wish = std::getenv("SYNTHKIT_CPU_PATH");
        path = static_cast<int>(wish && *wish ? path_named(wish, "SYNTHKIT_CPU_PATH") : best_path());
        active.store(path, std::memory_order_relaxed);
    }
    return static_cast<CpuPath>(path);
}

void set_path(const char* name) {
    active.store(static_cast<int>(path_named(name, "path")), std::memory_order_relaxed);
}

}  // namespace synthkit
