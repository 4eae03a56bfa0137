// Loops of the boosted trees for the avx512 path; its compiler flags are in CMakeLists.txt.
#define SK_ISA avx512
#include "cpu/boost_loops.h"
