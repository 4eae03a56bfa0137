// Loops of the boosted trees for the baseline path; its compiler flags are in CMakeLists.txt.
#define SK_ISA baseline
#include "cpu/boost_loops.h"
