#include "cpu/logistic.h"

#include <pybind11/numpy.h>

#include <vector>

#include "bind/bind.h"
#include "bind/classes.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Flags = py::array_t<bool, py::array::c_style>;

// codes [B, N, D], labels [K, N], class_counts [K]. Returns weights [B, K, C, D], intercepts [B, K, C], probabilities
// [B, K, N, C] or None, log_loss, weighted_loss, train_accuracy, test_accuracy, iterations and converged [B, K].
py::tuple fit(const Doubles& codes, const Ints& labels, const Ints& class_counts, py::ssize_t train_rows,
              double penalty, bool balanced, bool one_vs_rest, int max_iterations, bool lbfgs,
              double gradient_tolerance, double value_tolerance, bool probabilities, int threads) {
  const ClassTask classified = checked_task(codes, labels, class_counts, train_rows);
  const py::ssize_t classes = classified.max_classes;
  const py::ssize_t batch = codes.shape(0), rows = codes.shape(1), dims = codes.shape(2), factors = labels.shape(0);
  const std::vector<py::ssize_t> pairs{batch, factors};
  Doubles weights({batch, factors, classes, dims}), intercepts({batch, factors, classes});
  Doubles chances(probabilities ? std::vector<py::ssize_t>{batch, factors, rows, classes}
                                : std::vector<py::ssize_t>{0});
  Doubles log_loss(pairs), weighted_loss(pairs), train_accuracy(pairs), test_accuracy(pairs);
  Ints iterations(pairs);
  Flags converged(pairs);
  const LogisticTask task{classified,     penalty, balanced,           one_vs_rest,
                          max_iterations, lbfgs,   gradient_tolerance, value_tolerance};
  const LogisticResult result{
      weights.mutable_data(),       intercepts.mutable_data(),    probabilities ? chances.mutable_data() : nullptr,
      log_loss.mutable_data(),      weighted_loss.mutable_data(), train_accuracy.mutable_data(),
      test_accuracy.mutable_data(), iterations.mutable_data(),    converged.mutable_data()};
  {
    py::gil_scoped_release release;
    fit_logistic(task, result, threads);
  }
  return py::make_tuple(weights, intercepts, probabilities ? py::object(chances) : py::none(), log_loss, weighted_loss,
                        train_accuracy, test_accuracy, iterations, converged);
}

}  // namespace

void bind_logistic(py::module_ module) {
  module.def("fit", &fit, py::arg("codes").noconvert(), py::arg("labels").noconvert(),
             py::arg("class_counts").noconvert(), py::kw_only(), py::arg("train_rows"), py::arg("penalty"),
             py::arg("balanced"), py::arg("one_vs_rest"), py::arg("max_iterations"), py::arg("lbfgs"),
             py::arg("gradient_tolerance"), py::arg("value_tolerance"), py::arg("probabilities"), py::arg("threads"));
}

}  // namespace synthkit
