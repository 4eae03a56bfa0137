// Loops of logistic regression for the baseline path; its compiler flags are in CMakeLists.txt.
#define SK_ISA baseline
#define SK_LANES 2
#include "cpu/logistic_loops.h"
