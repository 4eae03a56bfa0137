// The loops of logistic regression for one instruction set; included by one file for each, with SK_ISA and SK_LANES
// set.
//
// Sums over rows run in logical lanes (8 of double, 16 of float): row r goes to lane r % lanes, lanes are added in one
// order. A path with narrower vectors takes the lanes in groups, one after the other; the tiles' shape is each path's
// own. Neither shows in a bit.
// No STL here: a template instantiated with AVX-512 could be linked into another path.
#pragma once

#include "common/logistic.h"
#include "cpu/logistic_kernel.h"

namespace synthkit::SK_ISA {

constexpr int kRows = kLogisticChunk;
constexpr int kLanes = 8;         // of double
constexpr int kWidth = SK_LANES;  // doubles of one vector
constexpr int kGroups = kLanes / kWidth;
constexpr int kTileRows = kWidth == 8 ? 4 : 3;
constexpr int kTileColumns = kWidth == 8 ? 6 : 4;
static_assert(kLogisticPad % kTileColumns == 0, "padding holds whole tiles");

// The vectors of a number type: as many numbers as fill 8 SK_LANES bytes.
template <typename T>
struct Wide {
  static constexpr int kLanesOf = 64 / int(sizeof(T));
  static constexpr int kWidthOf = 8 * SK_LANES / int(sizeof(T));
  typedef T Type __attribute__((vector_size(8 * SK_LANES), aligned(sizeof(T)), may_alias));
};
typedef Wide<double>::Type Vec;

template <typename T>
static inline __attribute__((always_inline)) typename Wide<T>::Type load(const T* p) {
  return *reinterpret_cast<const typename Wide<T>::Type*>(p);
}
template <typename T>
static inline __attribute__((always_inline)) void store(T* p, typename Wide<T>::Type v) {
  *reinterpret_cast<typename Wide<T>::Type*>(p) = v;
}

// Sum of 8 or 16 lanes, halves onto halves.
static inline __attribute__((always_inline)) double add_lanes(const double* l) {
  double fours[4];
  for (int i = 0; i < 4; ++i) fours[i] = l[i] + l[i + 4];
  return (fours[0] + fours[2]) + (fours[1] + fours[3]);
}
static inline __attribute__((always_inline)) double add_lanes(const float* l) {
  float eights[8], fours[4];
  for (int i = 0; i < 8; ++i) eights[i] = l[i] + l[i + 8];
  for (int i = 0; i < 4; ++i) fours[i] = eights[i] + eights[i + 4];
  return double((fours[0] + fours[2]) + (fours[1] + fours[3]));
}

// out[i * out_stride + j] += sum over the chunk's rows of a[i][row] b[j][row], for i < kTall, j < kTileColumns.
template <int kTall, typename T>
static inline __attribute__((always_inline)) void multiply_tile(const T* __restrict a, const T* __restrict b,
                                                                double* __restrict out, int out_stride) {
  constexpr int kLanesOf = Wide<T>::kLanesOf, kWidthOf = Wide<T>::kWidthOf;
  alignas(64) T lanes[kTall][kTileColumns][kLanesOf];
  for (int first = 0; first < kLanesOf; first += kWidthOf) {
    typename Wide<T>::Type sums[kTall][kTileColumns];
    for (int i = 0; i < kTall; ++i) {
      for (int j = 0; j < kTileColumns; ++j) sums[i][j] = typename Wide<T>::Type{};
    }
    for (int row = first; row < kRows; row += kLanesOf) {
      typename Wide<T>::Type right[kTileColumns];
      for (int j = 0; j < kTileColumns; ++j) right[j] = load(b + j * kRows + row);
      for (int i = 0; i < kTall; ++i) {
        const typename Wide<T>::Type left = load(a + i * kRows + row);
        for (int j = 0; j < kTileColumns; ++j) sums[i][j] += left * right[j];
      }
    }
    for (int i = 0; i < kTall; ++i) {
      for (int j = 0; j < kTileColumns; ++j) store(&lanes[i][j][first], sums[i][j]);
    }
  }
  for (int i = 0; i < kTall; ++i) {
    for (int j = 0; j < kTileColumns; ++j) out[i * out_stride + j] += add_lanes(lanes[i][j]);
  }
}

// out [tall, wide] += a [tall][row] b [wide][row]^T; wide is a multiple of kLogisticPad.
template <typename T>
static void multiply(const T* a, int tall, const T* b, int wide, double* out) {
  for (int i = 0; i < tall; i += kTileRows) {
    const T* left = a + i * kRows;
    for (int j = 0; j < wide; j += kTileColumns) {
      const T* right = b + j * kRows;
      double* to = out + int64_t(i) * wide + j;
      switch (tall - i < kTileRows ? tall - i : kTileRows) {
        case 1:
          multiply_tile<1>(left, right, to, wide);
          break;
        case 2:
          multiply_tile<2>(left, right, to, wide);
          break;
        case 3:
          multiply_tile<3>(left, right, to, wide);
          break;
        default:
          multiply_tile<kTileRows>(left, right, to, wide);
      }
    }
  }
}

// Weighted sum of one column of the chunk.
static double weigh(const double* __restrict values, const double* __restrict weights) {
  alignas(64) double lanes[kLanes] = {};
  for (int row = 0; row < kRows; row += kLanes) {
    for (int l = 0; l < kLanes; ++l) lanes[l] += values[row + l] * weights[row + l];
  }
  return add_lanes(lanes);
}

template <int kTall>
static inline __attribute__((always_inline)) void score_tile(const double* __restrict x, const double* model,
                                                             int columns, double* __restrict scores) {
  for (int row = 0; row < kRows; row += kWidth) {
    Vec sums[kTall];
    for (int i = 0; i < kTall; ++i) sums[i] = Vec{};
    for (int d = 0; d < columns; ++d) {
      const Vec value = load(x + d * kRows + row);
      for (int i = 0; i < kTall; ++i) sums[i] += value * model[i * columns + d];
    }
    for (int i = 0; i < kTall; ++i) store(scores + i * kRows + row, sums[i]);
  }
}

static void score(const double* x, const double* model, int outputs, int columns, double* scores) {
  int i = 0;
  for (; i + 4 <= outputs; i += 4) score_tile<4>(x, model + i * columns, columns, scores + i * kRows);
  for (; i < outputs; ++i) score_tile<1>(x, model + i * columns, columns, scores + i * kRows);
}

// rows: three columns of scratch.
static void softmax(double* scores, int outputs, const double* targets, double* rows, double* __restrict row_loss) {
  double* __restrict most = rows;
  double* __restrict total = rows + kRows;
  double* __restrict picked = rows + 2 * kRows;
  for (int r = 0; r < kRows; ++r) {
    most[r] = scores[r];
    total[r] = 0.0;
    picked[r] = 0.0;
  }
  for (int c = 1; c < outputs; ++c) {
    const double* __restrict z = scores + c * kRows;
    for (int r = 0; r < kRows; ++r) most[r] = z[r] > most[r] ? z[r] : most[r];
  }
  for (int c = 0; c < outputs; ++c) {
    double* __restrict z = scores + c * kRows;
    const double wanted = double(c);
    for (int r = 0; r < kRows; ++r) {
      const double below = z[r] - most[r];
      picked[r] = targets[r] == wanted ? below : picked[r];
      const double e = exp_below_one(below);
      z[r] = e;
      total[r] += e;
    }
  }
  for (int r = 0; r < kRows; ++r) row_loss[r] = log2_exact(total[r]) * kLn2 - picked[r];
  for (int r = 0; r < kRows; ++r) total[r] = 1.0 / total[r];
  for (int c = 0; c < outputs; ++c) {
    double* __restrict z = scores + c * kRows;
    for (int r = 0; r < kRows; ++r) z[r] *= total[r];
  }
}

static void binary_chunk(const double* __restrict scores, const double* __restrict targets,
                         const double* __restrict weights, double* __restrict residual, double* __restrict curvature,
                         double* __restrict row_loss) {
  for (int r = 0; r < kRows; ++r) {
    const BinaryTerms terms = binary_terms(scores[r], targets[r]);
    residual[r] = weights[r] * terms.residual;
    curvature[r] = weights[r] * terms.curvature;
    row_loss[r] = terms.loss;
  }
}

static void softmax_residual(const double* __restrict p, double wanted, const double* __restrict targets,
                             const double* __restrict weights, double* __restrict residual) {
  for (int r = 0; r < kRows; ++r) residual[r] = weights[r] * (p[r] - (targets[r] == wanted ? 1.0 : 0.0));
}

static double evaluate(const LogisticData& data, const double* model, const LogisticScratch& scratch, double* gradient,
                       double* curvature) {
  const int wide = padded_columns(data.columns);
  double loss = 0.0;
  for (int i = 0; i < data.outputs * wide; ++i) gradient[i] = 0.0;
  for (int64_t k = 0; k < data.chunks; ++k) {
    const double* x = data.x + k * wide * kRows;
    const double* targets = data.targets + k * kRows;
    const double* weights = data.weights + k * kRows;
    double* row_loss = scratch.rows + 3 * kRows;
    double* kept = curvature + k * data.outputs * kRows;
    if (data.outputs == 1) {
      score(x, model, 1, data.columns, scratch.scores);
      binary_chunk(scratch.scores, targets, weights, scratch.residual, kept, row_loss);
    } else {
      score(x, model, data.outputs, data.columns, kept);
      softmax(kept, data.outputs, targets, scratch.rows, row_loss);
      for (int c = 0; c < data.outputs; ++c) {
        softmax_residual(kept + c * kRows, double(c), targets, weights, scratch.residual + c * kRows);
      }
    }
    loss += weigh(row_loss, weights);
    multiply(scratch.residual, data.outputs, x, wide, gradient);
  }
  return loss;
}

template <typename T>
static void column_product(const double* a, const double* b, T* __restrict out) {
  for (int r = 0; r < kRows; ++r) out[r] = T(a[r] * b[r]);
}

template <typename T>
static void column_copy(const double* a, T* __restrict out) {
  for (int r = 0; r < kRows; ++r) out[r] = T(a[r]);
}

// weights p_a ([a == b] - p_b)
template <typename T>
static void pair_weights(const double* p, const double* __restrict weights, int a, int b, T* __restrict out) {
  const double* __restrict left = p + a * kRows;
  const double* __restrict right = p + b * kRows;
  const double same = a == b ? 1.0 : 0.0;
  for (int r = 0; r < kRows; ++r) out[r] = T(weights[r] * left[r] * (same - right[r]));
}

template <typename T>
static void hessian(const LogisticData& data, const double* curvature, const LogisticScratch& scratch, double* blocks) {
  const int wide = padded_columns(data.columns);
  const int pairs_wide = padded_columns(data.columns * (data.columns + 1) / 2);
  const int64_t pairs = int64_t(data.outputs) * (data.outputs + 1) / 2;
  T* products = reinterpret_cast<T*>(scratch.products);
  T* rows = reinterpret_cast<T*>(scratch.rows);
  for (int64_t i = 0; i < pairs * pairs_wide; ++i) blocks[i] = 0.0;
  for (int i = data.columns * (data.columns + 1) / 2 * kRows; i < pairs_wide * kRows; ++i) products[i] = T(0);
  for (int64_t k = 0; k < data.chunks; ++k) {
    const double* x = data.x + k * wide * kRows;
    const double* weights = data.weights + k * kRows;
    const double* kept = curvature + k * data.outputs * kRows;
    T* to = products;
    for (int d = 0; d < data.columns; ++d) {
      for (int e = d; e < data.columns; ++e, to += kRows) column_product(x + d * kRows, x + e * kRows, to);
    }
    if (data.outputs == 1) {
      column_copy(kept, rows);
      multiply(rows, 1, products, pairs_wide, blocks);
      continue;
    }
    // A tile of pairs at a time: their weights stay in the nearest cache.
    double* out = blocks;
    int ready = 0;
    for (int a = 0; a < data.outputs; ++a) {
      for (int b = a; b < data.outputs; ++b) {
        pair_weights(kept, weights, a, b, rows + ready * kRows);
        if (++ready == kTileRows || a == data.outputs - 1) {
          multiply(rows, ready, products, pairs_wide, out);
          out += int64_t(ready) * pairs_wide;
          ready = 0;
        }
      }
    }
  }
}

static double dot(const double* __restrict a, const double* __restrict b, int n) {
  alignas(64) double lanes[kLanes];
  Vec sums[kGroups];
  for (int g = 0; g < kGroups; ++g) sums[g] = Vec{};
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int g = 0; g < kGroups; ++g) sums[g] += load(a + i + g * kWidth) * load(b + i + g * kWidth);
  }
  for (int g = 0; g < kGroups; ++g) store(lanes + g * kWidth, sums[g]);
  double total = add_lanes(lanes);
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}

static void factor(double* a, int n, int stride) {
  for (int j = 0; j < n; ++j) {
    double* row = a + int64_t(j) * stride;
    const double pivot = row[j] - dot(row, row, j);
    const bool kept = pivot > 1e-13 * row[j];
    row[j] = kept ? __builtin_sqrt(pivot) : 0.0;
    const double scale = kept ? 1.0 / row[j] : 0.0;
    for (int i = j + 1; i < n; ++i) {
      double* below = a + int64_t(i) * stride;
      below[j] = (below[j] - dot(below, row, j)) * scale;
    }
  }
}

static void solve(const double* a, int n, int stride, double* x) {
  for (int i = 0; i < n; ++i) {
    const double* row = a + int64_t(i) * stride;
    x[i] = row[i] > 0.0 ? (x[i] - dot(row, x, i)) / row[i] : 0.0;
  }
  for (int i = n - 1; i >= 0; --i) {
    const double* __restrict row = a + int64_t(i) * stride;
    x[i] = row[i] > 0.0 ? x[i] / row[i] : 0.0;
    const double value = x[i];
    for (int j = 0; j < i; ++j) x[j] -= value * row[j];
  }
}

LogisticKernels logistic_kernels() {
  return {evaluate, hessian<double>, hessian<float>, score, softmax, factor, solve};
}

}  // namespace synthkit::SK_ISA
