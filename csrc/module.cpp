// The module: creates the submodules, binds nothing itself.
#include "bind/bind.h"

PYBIND11_MODULE(_core, module, py::mod_gil_not_used()) {
    module.doc() = "Native kernels of synthkit; use them through synthkit.ops.";
    synthkit::bind_cpu(module.def_submodule("cpu", "Which instruction set the kernels use."));
    synthkit::bind_philox(module.def_submodule("philox", "Counter-based random numbers."));
    synthkit::bind_elementary(module.def_submodule("elementary", "exp2 and log2 with fixed bits."));
}
