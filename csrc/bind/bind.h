// One bind function a family.
#pragma once

#include <pybind11/pybind11.h>

namespace synthkit {

void bind_cpu(pybind11::module_ module);
void bind_philox(pybind11::module_ module);
void bind_elementary(pybind11::module_ module);
void bind_knn(pybind11::module_ module);
void bind_tone(pybind11::module_ module);
void bind_joint(pybind11::module_ module);
void bind_deviations(pybind11::module_ module);
void bind_boost(pybind11::module_ module);
void bind_logistic(pybind11::module_ module);
void bind_auc(pybind11::module_ module);
void bind_svm(pybind11::module_ module);
void bind_unique(pybind11::module_ module);
void bind_listops_tables(pybind11::module_ module);
void bind_text(pybind11::module_ module);
void bind_shapes(pybind11::module_ module);
void bind_listops(pybind11::module_ module);

}  // namespace synthkit
