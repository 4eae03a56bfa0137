#include "cpu/svm.h"

#include <pybind11/numpy.h>

#include <vector>

#include "bind/bind.h"
#include "bind/classes.h"

namespace py = pybind11;

namespace synthkit {

namespace {

// codes [B, N, D], labels [K, N], class_counts [K]. Returns weights and intercepts [B, K, D, C], train_accuracy and
// test_accuracy [B, K, D].
py::tuple fit(const Doubles& codes, const Ints& labels, const Ints& class_counts, py::ssize_t train_rows, double cost,
              bool balanced, int threads) {
  const ClassTask classified = checked_task(codes, labels, class_counts, train_rows);
  const py::ssize_t classes = classified.max_classes;
  const py::ssize_t batch = codes.shape(0), dims = codes.shape(2), factors = labels.shape(0);
  const std::vector<py::ssize_t> each{batch, factors, dims}, models{batch, factors, dims, classes};
  Doubles weights(models), intercepts(models), train_accuracy(each), test_accuracy(each);
  const SvmTask task{classified, cost, balanced};
  const SvmResult result{weights.mutable_data(), intercepts.mutable_data(), train_accuracy.mutable_data(),
                         test_accuracy.mutable_data()};
  {
    py::gil_scoped_release release;
    fit_svm(task, result, threads);
  }
  return py::make_tuple(weights, intercepts, train_accuracy, test_accuracy);
}

}  // namespace

void bind_svm(py::module_ module) {
  module.def("fit", &fit, py::arg("codes").noconvert(), py::arg("labels").noconvert(),
             py::arg("class_counts").noconvert(), py::kw_only(), py::arg("train_rows"), py::arg("cost"),
             py::arg("balanced"), py::arg("threads"));
}

}  // namespace synthkit
