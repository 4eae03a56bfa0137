// Rows of weights, one a length, and their convolutions. Every sum is formed in one order: lengths of the first factor
// ascending.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/weight.h"

namespace synthkit {

// Weights of the lengths 0, 1, ..., end() - 1; longer ones have none.
class WeightRow {
 public:
  // Neighbouring lengths with the same x, in which lengths without weight may lie.
  struct Run {
    int begin, end, x;
  };

  WeightRow() = default;
  explicit WeightRow(std::vector<Weight> weights);

  Weight at(int length) const { return length < end() ? Weight{m_[size_t(length)], x_[size_t(length)]} : Weight{0, 0}; }
  int begin() const { return begin_; }  // the first length with a weight; end() if there is none
  int end() const { return int(m_.size()); }
  const double* m() const { return m_.data(); }
  std::span<const Run> runs() const { return runs_; }
  int least() const { return least_; }  // of all x
  int most() const { return most_; }

 private:
  std::vector<double> m_;
  std::vector<int16_t> x_;
  std::vector<Run> runs_;
  int begin_ = 0, least_ = 0, most_ = 0;
};

// Sums of weights for the lengths [0, limit], kept apart by x; from least to most.
class WeightSums {
 public:
  WeightSums(int limit, int least, int most);

  void add(int length, Weight term) { place(term.x)[length] += term.m; }

  // Adds first(l) * second(n) to length l + n for all n: one step of a convolution.
  void add_shifted(const WeightRow& first, int l, const WeightRow& second);

  // The sums times `factor`, 2^-120 to 1. Of each sum the three largest x count: as terms lie in 2^-512 to
  // 2^512 and are 2^13 at most, what is left out is less than 2^-498 of it.
  std::vector<Weight> finish(double factor) const;

 private:
  double* place(int x) { return sums_.data() + size_t(x - least_) * size_t(limit_ + 1); }

  int limit_, least_;
  std::vector<double> sums_;
};

}  // namespace synthkit
