#include "common/philox.h"

#include "bind/bind.h"

namespace synthkit {
namespace {

// counters [n, 4], key [2] -> words [n, 4]
Array<uint32_t> philox(const Array<uint32_t>& counters, const Array<uint32_t>& key) {
    if (counters.ndim() != 2 || counters.shape(1) != 4) throw py::value_error("counters: shape must be (n, 4)");
    if (key.ndim() != 1 || key.shape(0) != 2) throw py::value_error("key: shape must be (2,)");
    const py::ssize_t n = counters.shape(0);
    Array<uint32_t> words({n, py::ssize_t{4}});
    const auto* in = reinterpret_cast<const Philox4*>(counters.data());
    auto* out = reinterpret_cast<Philox4*>(words.mutable_data());
    const uint32_t key0 = key.data()[0], key1 = key.data()[1];
    {
        const py::gil_scoped_release release;
        for (py::ssize_t i = 0; i < n; ++i) out[i] = philox4x32(in[i], key0, key1);
    }
    return words;
}

}  // namespace

void bind_philox(py::module_ module) {
    module.def("philox4x32", &philox, py::arg("counters").noconvert(), py::arg("key").noconvert());
}

}  // namespace synthkit
