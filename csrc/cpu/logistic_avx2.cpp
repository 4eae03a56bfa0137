// Loops of logistic regression for the avx2 path; its compiler flags are in CMakeLists.txt.
#define SK_ISA avx2
#define SK_LANES 4
#include "cpu/logistic_loops.h"
