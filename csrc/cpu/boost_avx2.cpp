// Loops of the boosted trees for the avx2 path; its compiler flags are in CMakeLists.txt.
#define SK_ISA avx2
#include "cpu/boost_loops.h"
