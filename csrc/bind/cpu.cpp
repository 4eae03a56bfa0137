#include "cpu/path.h"

#include "bind/bind.h"

namespace synthkit {
namespace {

py::list paths() {
    py::list names;
    for (int i = 0; i < kCpuPathCount; ++i) {
        const auto path = static_cast<CpuPath>(i);
        if (is_available(path)) names.append(name_of(path));
    }
    return names;
}

}  // namespace

// std::invalid_argument becomes ValueError.
void bind_cpu(py::module_ module) {
    module.def("paths", &paths);
    module.def("path", [] { return name_of(active_path()); });
    module.def("set_path", [](const std::string& name) { set_path(name.c_str()); }, py::arg("name"));
}

}  // namespace synthkit
