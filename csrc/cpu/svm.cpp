#include "cpu/svm.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "cpu/parallel.h"
#include "cpu/svm_fit.h"

namespace synthkit {

namespace {

// One code against all factors.
class OneCode {
 public:
  OneCode(const SvmTask& task, const SvmResult& result, size_t batch, size_t dim)
      : task_(task), result_(result), batch_(batch), dim_(dim), codes_(task.rows), order_(task.train_rows) {
    const double* from = task.codes + batch * task.rows * task.dims + dim;
    for (size_t i = 0; i < task.rows; ++i) codes_[i] = from[i * task.dims];
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::sort(order_.begin(), order_.end(),
              [&](size_t a, size_t b) { return codes_[a] < codes_[b] || (codes_[a] == codes_[b] && a < b); });
    std::vector<double> sorted(order_.size());
    std::transform(order_.begin(), order_.end(), sorted.begin(), [&](size_t i) { return codes_[i]; });
    all_.assign(std::move(sorted));
  }

  void run(size_t factor) {
    const int32_t* labels = task_.labels + factor * task_.rows;
    const int classes = task_.class_counts[factor];
    std::vector<std::vector<double>> members(static_cast<size_t>(classes));
    for (const size_t i : order_) members[static_cast<size_t>(labels[i])].push_back(codes_[i]);
    std::vector<SvmModel> models(static_cast<size_t>(classes));
    std::vector<double> costs;
    for (const auto& rows : members) costs.push_back(cost_of(rows.size(), members.size()));
    for (size_t c = classes == 2 ? 1 : 0; c < members.size(); ++c) {
      SvmGroup group;
      group.assign(std::move(members[c]));
      // As liblinear has it: with more than two classes the rest costs plain `cost`, whatever its classes' weights.
      models[c] = fit_svm_pair(group, all_, costs[c], classes == 2 ? costs[0] : task_.cost);
    }
    if (classes == 2) models[0] = {-models[1].w, -models[1].b};
    keep(factor, labels, models);
  }

 private:
  double cost_of(size_t rows, size_t classes) const {
    if (!task_.balanced) return task_.cost;
    return task_.cost * (static_cast<double>(task_.train_rows) / static_cast<double>(classes * rows));
  }

  void keep(size_t factor, const int32_t* labels, const std::vector<SvmModel>& models) {
    const size_t index = (batch_ * task_.factors + factor) * task_.dims + dim_;
    const auto most = static_cast<size_t>(task_.max_classes);
    for (size_t c = 0; c < most; ++c) {
      result_.weights[index * most + c] = c < models.size() ? models[c].w : 0.0;
      result_.intercepts[index * most + c] = c < models.size() ? models[c].b : 0.0;
    }
    const size_t test_rows = task_.rows - task_.train_rows;
    result_.train_accuracy[index] = accuracy(labels, models, 0, task_.train_rows);
    result_.test_accuracy[index] = test_rows == 0 ? std::numeric_limits<double>::quiet_NaN()
                                                  : accuracy(labels, models, task_.train_rows, task_.rows);
  }

  // Share of rows whose highest score (the first of equals) is that of their class.
  double accuracy(const int32_t* labels, const std::vector<SvmModel>& models, size_t from, size_t to) const {
    size_t right = 0;
    for (size_t i = from; i < to; ++i) {
      const double x = codes_[i];
      double best = models[0].w * x + models[0].b;
      int32_t chosen = 0;
      for (size_t c = 1; c < models.size(); ++c) {
        const double score = models[c].w * x + models[c].b;
        chosen = score > best ? static_cast<int32_t>(c) : chosen;
        best = score > best ? score : best;
      }
      right += chosen == labels[i];
    }
    return static_cast<double>(right) / static_cast<double>(to - from);
  }

  const SvmTask& task_;
  const SvmResult& result_;
  size_t batch_, dim_;
  std::vector<double> codes_;
  std::vector<size_t> order_;
  SvmGroup all_;
};

}  // namespace

void fit_svm(const SvmTask& task, const SvmResult& result, int threads) {
  parallel_for(task.batch * task.dims, threads, [&](size_t index) {
    OneCode code(task, result, index / task.dims, index % task.dims);
    for (size_t k = 0; k < task.factors; ++k) code.run(k);
  });
}

}  // namespace synthkit
