// How an arithmetic function is declared, so that one body serves the CPU loops and the CUDA kernels.
#pragma once

#include <stdint.h>

#if defined(__CUDACC__)
#define SK_HD static __host__ __device__ __forceinline__
#else
// Internal linkage and always inlined: the same function is compiled for several instruction sets in one binary, and
// the linker must never keep the AVX-512 copy for a machine without it.
#define SK_HD [[gnu::always_inline]] static inline
#endif
