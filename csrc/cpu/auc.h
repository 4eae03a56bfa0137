// Areas under ROC curves, one class against the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace synthkit {

// scores [batch, rows, classes], labels [rows] (a class's position, or -1) -> areas [batch, classes], NaN for a class
// that no row or every row has.
void roc_auc(std::span<const double> scores, std::span<const int32_t> labels, size_t classes, std::span<double> areas,
             int threads);

}  // namespace synthkit
