// What every inline body is declared with.
//
// The same text is compiled for several instruction sets and, under nvcc, for host and device. `static` and
// always_inline keep the copies apart: a linker must never merge an AVX-512 body into the baseline path.
#pragma once

#include <stdint.h>
#include <string.h>

#if defined(__CUDACC__)
#define SK_HD static __host__ __device__ __forceinline__
#else
#define SK_HD static inline __attribute__((always_inline))
#endif

namespace synthkit {

// Bits of one type read as another.
template <typename To, typename From>
SK_HD To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From), "same size");
  To to;
  memcpy(&to, &from, sizeof(to));
  return to;
}

}  // namespace synthkit
