#include "cpu/svm_fit.h"

#include <algorithm>
#include <cmath>

namespace synthkit {

namespace {

constexpr int kMaxSteps = 200;  // a dozen are usual
constexpr int kHalvings = 40;

SvmSums minus(const SvmSums& a, const SvmSums& b) { return {a.n - b.n, a.x - b.x, a.xx - b.xx}; }

// The active rows at a model.
struct Active {
  SvmSums in, out;
  Active(const SvmGroup& group, const SvmGroup& all, SvmModel m)
      : in(group.inside(m, 1.0, false)), out(minus(all.inside(m, -1.0, true), group.inside(m, -1.0, true))) {}
};

}  // namespace

void SvmGroup::assign(std::vector<double> sorted) {
  sorted_ = std::move(sorted);
  before_.resize(sorted_.size() + 1);
  before_[0] = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < sorted_.size(); ++i) {
    const double x = sorted_[i];
    before_[i + 1] = {before_[i].n + 1.0, before_[i].x + x, before_[i].xx + x * x};
  }
}

SvmSums SvmGroup::inside(SvmModel m, double bound, bool above) const {
  // w x + b rises with x (falls where w < 0), its rounded value as well; so those below the bound end at one place.
  const bool first_ones = (m.w >= 0.0) != above;
  const auto split = std::partition_point(sorted_.begin(), sorted_.end(), [&](double x) {
    const double score = m.w * x + m.b;
    return (above ? score > bound : score < bound) == first_ones;
  });
  const SvmSums& at = before_[static_cast<size_t>(split - sorted_.begin())];
  return first_ones ? at : minus(before_.back(), at);
}

SvmModel fit_svm_pair(const SvmGroup& group, const SvmGroup& all, double in_cost, double out_cost) {
  const auto value = [&](const Active& active, SvmModel m) {
    return 0.5 * (m.w * m.w + m.b * m.b) + in_cost * svm_loss(active.in, m, 1.0) +
           out_cost * svm_loss(active.out, m, -1.0);
  };
  SvmModel model{0.0, 0.0};
  Active active(group, all, model);
  double now = value(active, model);
  for (int step = 0; step < kMaxSteps; ++step) {
    const SvmModel goal = svm_minimum(active.in, active.out, in_cost, out_cost);
    double length = 1.0;
    for (int halving = 0; halving < kHalvings; ++halving, length *= 0.5) {
      const SvmModel trial{model.w + length * (goal.w - model.w), model.b + length * (goal.b - model.b)};
      const Active there(group, all, trial);
      const double found = value(there, trial);
      if (found > now && halving + 1 < kHalvings) continue;
      if (found >= now) return goal;  // rounding: the place is the optimum of its own quadratic already
      model = trial;
      active = there;
      now = found;
      break;
    }
    const bool settled = length == 1.0 && goal.w == svm_minimum(active.in, active.out, in_cost, out_cost).w;
    if (settled) return svm_minimum(active.in, active.out, in_cost, out_cost);
  }
  return model;
}

}  // namespace synthkit
