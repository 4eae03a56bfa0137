// What is fitted: boosted trees, logistic regressions, support vector machines.
#include <memory>

#include "cpu/boost.h"
#include "cpu/logistic.h"
#include "cpu/svm.h"
#include "tests/check.h"
#include "tests/hashes.h"

namespace synthkit::test {

namespace {

constexpr size_t kModels = 2, kRows = 700, kTrain = 600, kColumns = 3;

// Factors of 2, 3 and 12 classes and a regression: more lanes than one group has.
void hash_boost(Hashes& hashes) {
  constexpr size_t kFactors = 4;
  const std::vector<int32_t> classes{2, 3, 12, 0}, few = classes_of(80, kRows, 12);
  std::vector<double> targets;
  for (const int32_t count : {2, 3, 12}) {
    for (const int32_t label : few) targets.push_back(label % count);
  }
  for (const double value : uniforms(81, kRows)) targets.push_back(value);
  const std::vector<double> codes = codes_of(82, few, kModels, kColumns);
  const std::vector<float> rounded(codes.begin(), codes.end());
  for (int depth = 1; depth <= kBoostDepth; ++depth) {
    std::vector<double> importances(kModels * kFactors * kColumns), predictions(kModels * kFactors * kRows);
    boost_trees(rounded, targets, classes, {kModels, kRows, kColumns, kFactors, kTrain}, {10, 0.1, depth}, importances,
                predictions, kHashThreads);
    hashes["boost depth " + std::to_string(depth)] = hash_of(importances, predictions);
  }
}

// Labels [2, rows] of 5 and of 2 classes, and codes.
struct ClassData {
  std::vector<int32_t> labels = classes_of(90, kRows, 5), counts{5, 2};
  std::vector<double> codes = codes_of(91, labels, kModels, kColumns);

  ClassData() {
    for (size_t i = 0; i < kRows; ++i) labels.push_back(labels[i] % 2 == 0 ? 0 : 1);
  }
  ClassTask task() const {
    return {codes.data(), labels.data(), counts.data(), kModels, kRows, kTrain, kColumns, counts.size(), 5};
  }
};

std::string hash_logistic(const LogisticTask& task) {
  const size_t pairs = task.batch * task.factors, models = pairs * static_cast<size_t>(task.max_classes);
  std::vector<double> weights(models * task.dims), intercepts(models), probabilities(models * task.rows);
  std::vector<double> loss(pairs), weighted_loss(pairs), train(pairs), test(pairs);
  std::vector<int32_t> iterations(pairs);
  const auto converged = std::make_unique<bool[]>(pairs);
  fit_logistic(task,
               {weights.data(), intercepts.data(), probabilities.data(), loss.data(), weighted_loss.data(),
                train.data(), test.data(), iterations.data(), converged.get()},
               kHashThreads);
  const std::vector<uint8_t> flags(converged.get(), converged.get() + pairs);
  CHECK(flags == std::vector<uint8_t>(pairs, 1));
  return hash_of(weights, intercepts, probabilities, loss, weighted_loss, train, test, iterations, flags);
}

void hash_logistics(Hashes& hashes) {
  const ClassData data;
  for (const bool lbfgs : {false, true}) {
    for (const bool one_vs_rest : {false, true}) {
      for (const bool free : {false, true}) {
        const std::string name = std::string(lbfgs ? "lbfgs" : "newton") + (one_vs_rest ? " one vs rest" : " softmax") +
                                 (free ? " free" : "");
        const double penalty = free ? 0.0 : 1.0;
        hashes["logistic " + name] = hash_logistic({data.task(), penalty, !free, one_vs_rest, 300, lbfgs, 1e-4, 2e-9});
      }
    }
  }
}

void hash_svm(Hashes& hashes) {
  const ClassData data;
  for (const bool balanced : {false, true}) {
    const SvmTask task{data.task(), 0.5, balanced};
    const size_t each = kModels * 2 * kColumns;
    std::vector<double> weights(5 * each), intercepts(5 * each), train(each), test(each);
    fit_svm(task, {weights.data(), intercepts.data(), train.data(), test.data()}, kHashThreads);
    hashes[balanced ? "svm balanced" : "svm"] = hash_of(weights, intercepts, train, test);
  }
}

}  // namespace

void hash_fits(Hashes& hashes) {
  hash_boost(hashes);
  hash_logistics(hashes);
  hash_svm(hashes);
}

}  // namespace synthkit::test
