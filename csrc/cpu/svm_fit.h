// The exact optimum of one support vector machine on one code.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/svm.h"

namespace synthkit {

// Rows of one group, sorted by their code, with the running sums before each.
class SvmGroup {
 public:
  void assign(std::vector<double> sorted);
  // Sums over the rows on which w x + b is below (or, with `above`, above) a bound. Those are the first or last ones.
  SvmSums inside(SvmModel model, double bound, bool above) const;

 private:
  std::vector<double> sorted_;
  std::vector<SvmSums> before_;
};

// Minimises over `in` (sign 1) against all of `all` but `in` (sign -1); each row of them costs in_cost or out_cost.
SvmModel fit_svm_pair(const SvmGroup& in, const SvmGroup& all, double in_cost, double out_cost);

}  // namespace synthkit
