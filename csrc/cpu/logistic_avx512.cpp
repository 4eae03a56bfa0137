// Loops of logistic regression for the avx512 path; its compiler flags are in CMakeLists.txt.
#define SK_ISA avx512
#define SK_LANES 8
#include "cpu/logistic_loops.h"
