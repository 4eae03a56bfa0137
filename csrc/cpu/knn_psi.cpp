// psi of whole numbers, and sums of it.
#include "common/knn.h"
#include "cpu/knn.h"

namespace synthkit {

std::vector<double> psi_table(size_t most) {
  std::vector<double> psi(most + 1);
  CarefulSum harmonic{0.0, 0.0};
  for (size_t n = 1; n <= most; ++n) {
    psi[n] = psi_of(harmonic);
    harmonic = add_careful(harmonic, 1.0 / static_cast<double>(n));
  }
  return psi;
}

double psi_sum(std::span<const int32_t> histogram, std::span<const double> psi) {
  CarefulSum sum{0.0, 0.0};
  for (size_t m = 1; m < psi.size(); ++m) {
    if (histogram[m] != 0) sum = add_psi(sum, histogram[m], psi[m]);
  }
  return careful_total(sum);
}

}  // namespace synthkit
