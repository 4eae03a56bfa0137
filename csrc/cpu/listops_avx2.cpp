// ListOps loops for the avx2 path; its compiler flags are in CMakeLists.txt.
#define SK_ISA avx2
#include "cpu/listops_loops.h"
