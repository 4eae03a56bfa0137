#include "cpu/logistic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "common/logistic.h"
#include "cpu/aligned.h"
#include "cpu/dispatch.h"
#include "cpu/logistic_lbfgs.h"
#include "cpu/logistic_newton.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

LogisticKernels chosen_path() {
#if defined(__x86_64__)
  switch (cpu_path()) {
    case CpuPath::kAvx512:
      return avx512::logistic_kernels();
    case CpuPath::kAvx2:
      return avx2::logistic_kernels();
    case CpuPath::kBaseline:
      break;
  }
#endif
  return baseline::logistic_kernels();
}

constexpr size_t kChunk = kLogisticChunk;

// All fits of one pair of codes and labels: one, or one for each class.
class Family {
 public:
  Family(const LogisticTask& task, const LogisticResult& result, const LogisticKernels& kernels, size_t index)
      : task_(task),
        result_(result),
        kernels_(kernels),
        index_(index),
        labels_(task.labels + (index % task.factors) * task.rows),
        classes_(task.class_counts[index % task.factors]),
        columns_(static_cast<int>(task.dims) + 1),
        wide_(static_cast<size_t>(padded_columns(columns_))),
        chunks_((task.rows + kChunk - 1) / kChunk),
        train_chunks_((task.train_rows + kChunk - 1) / kChunk),
        x_(chunks_ * wide_ * kChunk),
        targets_(chunks_ * kChunk),
        weights_(train_chunks_ * kChunk),
        ones_(train_chunks_ * kChunk),
        centers_(task.dims),
        scales_(task.dims),
        penalties_(task.dims + 1),
        models_(static_cast<size_t>(classes_) * (task.dims + 1)) {
    lay_out_codes();
    std::fill_n(ones_.data(), task.train_rows, 1.0);
  }

  void run() {
    result_.log_loss[index_] = result_.weighted_loss[index_] = 0.0;
    result_.iterations[index_] = 0;
    result_.converged[index_] = true;
    if (classes_ == 2) {
      // One score; with one-vs-rest the other class is its mirror image.
      fit_one(1, 1, 1.0);
      mirror();
    } else if (task_.one_vs_rest) {
      for (int c = 0; c < classes_; ++c) fit_one(1, c, 1.0 / classes_);
    } else {
      fit_one(classes_, 0, 1.0);
    }
    predict();
  }

 private:
  // Codes are centred and scaled by the training rows' mean and deviation: as intercepts are free of penalty and each
  // code has its own, that changes the numbers' size and not the problem. A constant code becomes 0.
  // (L-BFGS goes a way that depends on the scale, and may be stopped on it: there they stay as they are.)
  void lay_out_codes() {
    const double* codes = task_.codes + (index_ / task_.factors) * task_.rows * task_.dims;
    for (size_t d = 0; d < task_.dims; ++d) {
      const auto [center, scale] = spread(codes + d);
      centers_[d] = center;
      scales_[d] = scale;
      penalties_[d] = task_.penalty * scale * scale;
      for (size_t row = 0; row < task_.rows; ++row) {
        at(row, d) = scale > 0.0 ? (codes[row * task_.dims + d] - center) * scale : 0.0;
      }
    }
    for (size_t row = 0; row < task_.rows; ++row) at(row, task_.dims) = 1.0;
  }

  double& at(size_t row, size_t d) { return x_.data()[(row / kChunk * wide_ + d) * kChunk + row % kChunk]; }

  // Mean and 1 / deviation over the training rows; (0, 0) for a code that does not vary.
  std::pair<double, double> spread(const double* code) const {
    const size_t step = task_.dims, end = task_.train_rows * step;
    double sum = 0.0, squares = 0.0;
    bool varies = false;
    for (size_t i = 0; i < end; i += step) {
      sum += code[i];
      varies = varies || code[i] != code[0];
    }
    const double center = sum / static_cast<double>(task_.train_rows);
    for (size_t i = 0; i < end; i += step) squares += (code[i] - center) * (code[i] - center);
    const double deviation = std::sqrt(squares / static_cast<double>(task_.train_rows));
    if (task_.lbfgs) return {0.0, 1.0};
    if (!varies || !(deviation > 0.0)) return {0.0, 0.0};
    return {center, 1.0 / deviation};
  }

  // Targets and weights: for one score, class `positive` against the rest. Returns the sum of the weights.
  double set_targets(int outputs, int positive) {
    std::vector<size_t> counts(static_cast<size_t>(outputs == 1 ? 2 : outputs));
    for (size_t row = 0; row < task_.train_rows; ++row) {
      const int target = outputs == 1 ? labels_[row] == positive : labels_[row];
      targets_.data()[row] = target;
      ++counts[static_cast<size_t>(target)];
    }
    double sum = 0.0;
    for (size_t row = 0; row < task_.train_rows; ++row) {
      const size_t count = counts[static_cast<size_t>(targets_.data()[row])];
      const auto rows = static_cast<double>(task_.train_rows);
      const double weight = task_.balanced ? rows / static_cast<double>(counts.size() * count) : 1.0;
      weights_.data()[row] = weight;
      sum += weight;
    }
    return sum;
  }

  void fit_one(int outputs, int positive, double share) {
    const double weight_sum = set_targets(outputs, positive);
    const LogisticData data{x_.data(), targets_.data(), weights_.data(), static_cast<int64_t>(train_chunks_),
                            columns_,  outputs};
    if (task_.lbfgs) {
      LogisticLbfgs solver(kernels_, data, penalties_);
      const LogisticFit fit = solver.fit({task_.max_iterations, task_.gradient_tolerance, task_.value_tolerance});
      report(solver, fit, data, weight_sum, share, positive);
    } else {
      LogisticNewton solver(kernels_, data, weight_sum, penalties_);
      const LogisticFit fit = solver.fit(task_.max_iterations);
      report(solver, fit, data, weight_sum, share, positive);
    }
  }

  template <typename Solver>
  void report(Solver& solver, const LogisticFit& fit, const LogisticData& data, double weight_sum, double share,
              int positive) {
    result_.iterations[index_] = std::max(result_.iterations[index_], fit.iterations);
    result_.converged[index_] = result_.converged[index_] && fit.converged;
    result_.weighted_loss[index_] += share * solver.loss() / weight_sum;
    LogisticData plain = data;
    plain.weights = ones_.data();
    result_.log_loss[index_] += share * solver.loss_of(plain) / static_cast<double>(task_.train_rows);
    for (int c = 0; c < data.outputs; ++c) keep(positive + c, fit.model.data() + static_cast<size_t>(c * columns_));
  }

  double* weights_of(int c) const {
    return result_.weights + (index_ * static_cast<size_t>(task_.max_classes) + static_cast<size_t>(c)) * task_.dims;
  }
  double& intercept_of(int c) const {
    return result_.intercepts[index_ * static_cast<size_t>(task_.max_classes) + static_cast<size_t>(c)];
  }

  double* model_of(int c) { return models_.data() + static_cast<size_t>(c * columns_); }

  void keep(int c, const double* model) {
    std::copy_n(model, columns_, model_of(c));
    double intercept = model[task_.dims];
    for (size_t d = 0; d < task_.dims; ++d) {
      const double weight = model[d] * scales_[d];
      weights_of(c)[d] = weight;
      intercept -= weight * centers_[d];
    }
    intercept_of(c) = intercept;
  }

  void mirror() {
    std::vector<double> model(model_of(1), model_of(1) + columns_);
    for (double& w : model) w = -w;
    keep(0, model.data());
  }

  // Probabilities, and the share of rows whose likeliest class (the first of equals) is theirs.
  void predict() {
    const auto classes = static_cast<size_t>(classes_);
    AlignedDoubles scores(classes * kChunk), rows(4 * kChunk);
    size_t right_train = 0, right_test = 0;
    for (size_t chunk = 0; chunk < chunks_; ++chunk) {
      kernels_.score(x_.data() + chunk * wide_ * kChunk, models_.data(), classes_, columns_, scores.data());
      const size_t first = chunk * kChunk, count = std::min(kChunk, task_.rows - first);
      for (size_t r = 0; r < count; ++r) {
        const bool right = likeliest(scores.data() + r) == labels_[first + r];
        (first + r < task_.train_rows ? right_train : right_test) += right;
      }
      if (result_.probabilities != nullptr) write_probabilities(scores, rows, first, count);
    }
    const size_t test_rows = task_.rows - task_.train_rows;
    result_.train_accuracy[index_] = static_cast<double>(right_train) / static_cast<double>(task_.train_rows);
    result_.test_accuracy[index_] = test_rows == 0 ? std::numeric_limits<double>::quiet_NaN()
                                                   : static_cast<double>(right_test) / static_cast<double>(test_rows);
  }

  int likeliest(const double* scores) const {
    int best = 0;
    for (int c = 1; c < classes_; ++c) best = scores[size_t(c) * kChunk] > scores[size_t(best) * kChunk] ? c : best;
    return best;
  }

  void write_probabilities(AlignedDoubles& scores, AlignedDoubles& rows, size_t first, size_t count) {
    const auto classes = static_cast<size_t>(classes_), most = static_cast<size_t>(task_.max_classes);
    const bool binary = classes_ == 2 || task_.one_vs_rest;
    if (!binary) {
      kernels_.softmax(scores.data(), classes_, targets_.data(), rows.data(), rows.data() + 3 * kChunk);
    }
    double* to = result_.probabilities + (index_ * task_.rows + first) * most;
    for (size_t r = 0; r < count; ++r, to += most) {
      for (size_t c = 0; c < classes; ++c) {
        const double score = scores.data()[c * kChunk + r];
        to[c] = binary ? binary_terms(score, 0.0).probability : score;
      }
    }
  }

  const LogisticTask& task_;
  const LogisticResult& result_;
  const LogisticKernels& kernels_;
  size_t index_;
  const int32_t* labels_;
  int classes_, columns_;
  size_t wide_, chunks_, train_chunks_;
  AlignedDoubles x_, targets_, weights_, ones_;
  std::vector<double> centers_, scales_, penalties_;
  std::vector<double> models_;  // [classes][columns], of the scaled codes
};

}  // namespace

void fit_logistic(const LogisticTask& task, const LogisticResult& result, int threads) {
  const LogisticKernels kernels = chosen_path();
  const size_t fits = task.batch * task.factors;
  const auto classes = static_cast<size_t>(task.max_classes);
  std::fill_n(result.weights, fits * classes * task.dims, 0.0);
  std::fill_n(result.intercepts, fits * classes, 0.0);
  if (result.probabilities != nullptr) std::fill_n(result.probabilities, fits * task.rows * classes, 0.0);
  parallel_for(fits, threads, [&](size_t index) { Family(task, result, kernels, index).run(); });
}

}  // namespace synthkit
