// ListOps loops for the avx512 path; its compiler flags are in CMakeLists.txt.
#define SK_ISA avx512
#include "cpu/listops_loops.h"
