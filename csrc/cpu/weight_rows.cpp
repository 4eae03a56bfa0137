#include "cpu/weight_rows.h"

#include <algorithm>

namespace synthkit {

WeightRow::WeightRow(std::vector<Weight> weights) {
  while (!weights.empty() && weights.back().m == 0.0) weights.pop_back();
  m_.reserve(weights.size());
  x_.reserve(weights.size());
  begin_ = end();
  for (int length = 0; length < int(weights.size()); ++length) {
    const Weight weight = weights[size_t(length)];
    m_.push_back(weight.m);
    x_.push_back(int16_t(weight.x));
    if (weight.m == 0.0) continue;
    if (runs_.empty()) {
      begin_ = length;
      least_ = most_ = weight.x;
    }
    least_ = std::min(least_, weight.x);
    most_ = std::max(most_, weight.x);
    if (runs_.empty() || runs_.back().x != weight.x) {
      runs_.push_back({length, length + 1, weight.x});
    } else {
      runs_.back().end = length + 1;
    }
  }
  if (runs_.empty()) begin_ = end();
}

WeightSums::WeightSums(int limit, int least, int most)
    : limit_(limit), least_(least), sums_(size_t(most - least + 1) * size_t(limit + 1), 0.0) {}

void WeightSums::add_shifted(const WeightRow& first, int l, const WeightRow& second) {
  const Weight factor = first.at(l);
  if (factor.m == 0.0) return;
  for (const WeightRow::Run& run : second.runs()) {
    const int count = std::min(run.end, limit_ + 1 - l) - run.begin;
    const double* from = second.m() + run.begin;
    double* to = place(factor.x + run.x) + l + run.begin;
    for (int i = 0; i < count; ++i) to[i] += factor.m * from[i];
  }
}

std::vector<Weight> WeightSums::finish(double factor) const {
  const size_t width = size_t(limit_ + 1), classes = sums_.size() / width;
  std::vector<Weight> weights(width, Weight{0.0, 0});
  for (size_t length = 0; length < width; ++length) {
    size_t top = classes;
    while (top > 0 && sums_[(top - 1) * width + length] == 0.0) --top;
    if (top == 0) continue;
    double sum = sums_[(top - 1) * width + length];
    if (top > 1) sum += sums_[(top - 2) * width + length] * kWeightDown;
    if (top > 2) sum += sums_[(top - 3) * width + length] * kWeightDown * kWeightDown;
    weights[length] = weight_of(sum * factor, least_ + int(top) - 1);
  }
  return weights;
}

}  // namespace synthkit
