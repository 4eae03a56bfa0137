// ListOps loops for the baseline path; its compiler flags are in CMakeLists.txt.
#define SK_ISA baseline
#include "cpu/listops_loops.h"
