// Which compiled copy of the loops runs: chosen once by what the processor and the operating system support,
// or by the environment variable SYNTHKIT_CPU_PATH, or by a call. All copies give the same bits.
#pragma once

namespace synthkit {

enum class CpuPath { kBaseline = 0, kAvx2 = 1, kAvx512 = 2 };
inline constexpr int kCpuPathCount = 3;

const char* name_of(CpuPath path);
bool is_available(CpuPath path);

// The path in use. Throws std::invalid_argument where SYNTHKIT_CPU_PATH names none that is available here.
CpuPath active_path();

// Throws std::invalid_argument for a name that is unknown or not available here.
void set_path(const char* name);

}  // namespace synthkit
