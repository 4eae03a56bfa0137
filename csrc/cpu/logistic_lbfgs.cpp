#include "cpu/logistic_lbfgs.h"

namespace synthkit {

LogisticLbfgs::LogisticLbfgs(const LogisticKernels& kernels, const LogisticData& data,
                             std::span<const double> penalties)
    : kernels_(kernels), data_(data), penalties_(penalties) {
  const auto outputs = static_cast<size_t>(data.outputs);
  const auto rows = static_cast<size_t>(kLogisticChunk);
  scores_ = AlignedDoubles(outputs * rows);
  residual_ = AlignedDoubles(outputs * rows);
  rows_ = AlignedDoubles(8 * rows);
  padded_ = AlignedDoubles(outputs * static_cast<size_t>(padded_columns(data.columns)));
  curvature_ = AlignedDoubles(static_cast<size_t>(data.chunks) * outputs * rows);
  scratch_ = {scores_.data(), residual_.data(), rows_.data(), nullptr};
  model_.resize(outputs * static_cast<size_t>(data.columns));
}

double LogisticLbfgs::evaluate(const std::vector<double>& model, std::vector<double>& gradient) {
  const double loss = kernels_.evaluate(data_, model.data(), scratch_, padded_.data(), curvature_.data());
  const int wide = padded_columns(data_.columns);
  double squares = 0.0;
  for (int c = 0, i = 0; c < data_.outputs; ++c) {
    for (int d = 0; d < data_.columns; ++d, ++i) {
      const double w = model[static_cast<size_t>(i)], penalty = penalties_[static_cast<size_t>(d)];
      squares += penalty * w * w;
      gradient[static_cast<size_t>(i)] = padded_.data()[c * wide + d] + penalty * w;
    }
  }
  return loss + 0.5 * squares;
}

LogisticFit LogisticLbfgs::fit(const LbfgsSettings& settings) {
  const auto function = [this](const std::vector<double>& model, std::vector<double>& gradient) {
    return evaluate(model, gradient);
  };
  const LbfgsOutcome outcome = minimise_lbfgs(function, model_, settings);
  loss_ = loss_of(data_);
  return {model_, outcome.iterations, outcome.converged};
}

double LogisticLbfgs::loss_of(const LogisticData& data) {
  return kernels_.evaluate(data, model_.data(), scratch_, padded_.data(), curvature_.data());
}

}  // namespace synthkit
