// Which instruction set the kernels use. All give the same bits; the choice is one of speed.
#pragma once

namespace synthkit {

enum class CpuPath { kBaseline = 0, kAvx2 = 1, kAvx512 = 2 };

constexpr int kNumCpuPaths = 3;
constexpr const char* kCpuPathNames[kNumCpuPaths] = {"baseline", "avx2", "avx512"};

bool cpu_path_available(CpuPath path);
// The path in use: the best one, unless SYNTHKIT_CPU_PATH or set_cpu_path says otherwise.
CpuPath cpu_path();
// SYNTHKIT_CPU_PATH where it names no path that this machine has, else null.
const char* unknown_cpu_path();
// Returns false where the path is not available.
bool set_cpu_path(CpuPath path);

}  // namespace synthkit
