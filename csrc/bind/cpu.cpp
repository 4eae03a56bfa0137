#include "cpu/dispatch.h"

#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bind/bind.h"

namespace py = pybind11;

namespace synthkit {

void bind_cpu(py::module_ module) {
  module.def("paths", [] {
    std::vector<std::string> names;
    for (int i = 0; i < kNumCpuPaths; ++i) {
      if (cpu_path_available(CpuPath(i))) names.emplace_back(kCpuPathNames[i]);
    }
    return names;
  });
  if (const char* wanted = unknown_cpu_path()) {
    throw py::import_error("SYNTHKIT_CPU_PATH is '" + std::string(wanted) + "', which is no path of this processor");
  }
  module.def("path", [] { return std::string(kCpuPathNames[int(cpu_path())]); });
  module.def(
      "set_path",
      [](const std::string& name) {
        for (int i = 0; i < kNumCpuPaths; ++i) {
          if (name == kCpuPathNames[i] && set_cpu_path(CpuPath(i))) return;
        }
        throw py::value_error("no CPU path '" + name + "' here");
      },
      py::arg("name"));
}

}  // namespace synthkit
