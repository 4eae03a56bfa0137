#include "common/elementary.h"

#include "bind/bind.h"

namespace synthkit {
namespace {

// x [...] -> function(x) [...]
template <double (*Function)(double)>
Array<double> map(const Array<double>& x) {
    Array<double> y(std::vector<py::ssize_t>(x.shape(), x.shape() + x.ndim()));
    const double* in = x.data();
    double* out = y.mutable_data();
    const py::ssize_t n = x.size();
    {
        const py::gil_scoped_release release;
        for (py::ssize_t i = 0; i < n; ++i) out[i] = Function(in[i]);
    }
    return y;
}

double exp2_of(double x) { return exp2(x); }
double log2_of(double x) { return log2(x); }
double sin2pi_of(double x) { return sin2pi(x); }

}  // namespace

void bind_elementary(py::module_ module) {
    module.def("exp2", &map<exp2_of>, py::arg("x").noconvert());
    module.def("log2", &map<log2_of>, py::arg("x").noconvert());
    module.def("sin2pi", &map<sin2pi_of>, py::arg("x").noconvert());
}

}  // namespace synthkit
