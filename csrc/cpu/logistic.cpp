#include "cpu/logistic.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "common/logistic.h"
#include "cpu/aligned.h"
#include "cpu/dispatch.h"
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
        ones_(train_chunks_ * kChunk) {
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
  void lay_out_codes() {
    const double* codes = task_.codes + (index_ / task_.factors) * task_.rows * task_.dims;
    for (size_t row = 0; row < task_.rows; ++row) {
      double* to = x_.data() + row / kChunk * wide_ * kChunk + row % kChunk;
      for (size_t d = 0; d < task_.dims; ++d) to[d * kChunk] = codes[row * task_.dims + d];
      to[task_.dims * kChunk] = 1.0;
    }
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
    const LogisticData data{x_.data(),           targets_.data(), weights_.data(), static_cast<int64_t>(train_chunks_),
                            columns_,            outputs};
    LogisticNewton newton(kernels_, data, weight_sum, task_.penalty);
    const LogisticFit fit = newton.fit(task_.max_iterations);
    result_.iterations[index_] = std::max(result_.iterations[index_], fit.iterations);
    result_.converged[index_] = result_.converged[index_] && fit.converged;
    result_.weighted_loss[index_] += share * newton.loss() / weight_sum;
    LogisticData plain = data;
    plain.weights = ones_.data();
    result_.log_loss[index_] += share * newton.loss_of(plain) / static_cast<double>(task_.train_rows);
    for (int c = 0; c < outputs; ++c) keep(positive + c, fit.model.data() + static_cast<size_t>(c * columns_));
  }

  double* weights_of(int c) const {
    return result_.weights + (index_ * static_cast<size_t>(task_.max_classes) + static_cast<size_t>(c)) * task_.dims;
  }
  double& intercept_of(int c) const {
    return result_.intercepts[index_ * static_cast<size_t>(task_.max_classes) + static_cast<size_t>(c)];
  }

  void keep(int c, const double* model) {
    std::copy_n(model, task_.dims, weights_of(c));
    intercept_of(c) = model[task_.dims];
  }

  void mirror() {
    for (size_t d = 0; d < task_.dims; ++d) weights_of(0)[d] = -weights_of(1)[d];
    intercept_of(0) = -intercept_of(1);
  }

  // Probabilities, and the share of rows whose likeliest class (the first of equals) is theirs.
  void predict() {
    const auto classes = static_cast<size_t>(classes_);
    const auto columns = static_cast<size_t>(columns_);
    std::vector<double> model(classes * columns);
    for (int c = 0; c < classes_; ++c) {
      double* to = model.data() + static_cast<size_t>(c) * columns;
      std::copy_n(weights_of(c), task_.dims, to);
      to[task_.dims] = intercept_of(c);
    }
    AlignedDoubles scores(classes * kChunk), rows(4 * kChunk);
    size_t right_train = 0, right_test = 0;
    for (size_t chunk = 0; chunk < chunks_; ++chunk) {
      kernels_.score(x_.data() + chunk * wide_ * kChunk, model.data(), classes_, columns_, scores.data());
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
