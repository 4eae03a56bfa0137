// Creates the submodules of synthkit._core; binds nothing itself.
#include "bind/bind.h"

PYBIND11_MODULE(_core, module, pybind11::mod_gil_not_used()) {
  module.doc() = "Native kernels of synthkit";
  synthkit::bind_cpu(module.def_submodule("cpu", "Instruction sets"));
  synthkit::bind_philox(module.def_submodule("philox", "Counter-based random numbers"));
  synthkit::bind_elementary(module.def_submodule("elementary", "Elementary functions with fixed bits"));
  synthkit::bind_knn(module.def_submodule("knn", "Nearest-neighbour mutual information"));
  synthkit::bind_tone(module.def_submodule("tone", "Tones"));
  synthkit::bind_joint(module.def_submodule("joint", "Bins, joint histograms, mutual information"));
  synthkit::bind_deviations(module.def_submodule("deviations", "Deviations within groups and samples of rows"));
  synthkit::bind_boost(module.def_submodule("boost", "Gradient-boosted trees"));
  synthkit::bind_logistic(module.def_submodule("logistic", "Logistic regression"));
  synthkit::bind_auc(module.def_submodule("auc", "Area under the ROC curve"));
  synthkit::bind_svm(module.def_submodule("svm", "Linear support vector machines on one code"));
  synthkit::bind_unique(module.def_submodule("unique", "Which strings are new"));
  synthkit::bind_listops_tables(module.def_submodule("listops_tables", "ListOps trees of a given depth and length"));
  synthkit::bind_text(module.def_submodule("text", "Numbers as text"));
  synthkit::bind_shapes(module.def_submodule("shapes", "Images of plane shapes"));
  synthkit::bind_listops(module.def_submodule("listops", "ListOps trees"));
}
