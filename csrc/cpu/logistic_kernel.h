// What the per-instruction-set files of logistic regression offer.
#pragma once

#include <stdint.h>

namespace synthkit {

constexpr int kLogisticChunk = 512;  // rows of a chunk; a multiple of the 8 lanes
constexpr int kLogisticPad = 12;     // matrices of columns are padded to a multiple of this: of every tile's width

constexpr int padded_columns(int columns) { return (columns + kLogisticPad - 1) / kLogisticPad * kLogisticPad; }

// One fit: rows in chunks, each quantity [chunk][column][row of the chunk]. Rows that take no part have weight 0.
struct LogisticData {
  const double* x;        // [chunks][padded_columns(columns)][512]; the last of `columns` is 1, padding 0
  const double* targets;  // [chunks][512]: outputs == 1: 0 or 1; else the class, 0 .. outputs - 1
  const double* weights;  // [chunks][512]
  int64_t chunks;
  int columns;  // codes + 1
  int outputs;  // 1: binomial with one score; else softmax over that many
};

struct LogisticScratch {
  double* scores;    // [outputs][512]
  double* residual;  // [outputs][512]
  double* rows;      // [8][512]
  double* products;  // [padded_columns(columns (columns + 1) / 2)][512]
};

struct LogisticKernels {
  // Weighted sum of the losses at model [outputs][columns]; gradient [outputs][padded columns]; into `curvature`
  // [chunks][outputs][512] goes what `hessian` wants.
  double (*evaluate)(const LogisticData&, const double* model, const LogisticScratch&, double* gradient,
                     double* curvature);
  // blocks [pairs a <= b][padded pairs d <= e] of the second derivatives.
  void (*hessian)(const LogisticData&, const double* curvature, const LogisticScratch&, double* blocks);
  // The same with products in float32: half the time, errors of 1e-7 of the largest entries.
  void (*rough_hessian)(const LogisticData&, const double* curvature, const LogisticScratch&, double* blocks);
  // Scores of one chunk: scores [outputs][512].
  void (*score)(const double* x, const double* model, int outputs, int columns, double* scores);
  // Softmax over the outputs in place; row_loss[r] = -ln of the target's share (targets may be -1: then unused).
  void (*softmax)(double* scores, int outputs, const double* targets, double* rows, double* row_loss);
  // Cholesky factor in place, lower triangle of a [n, stride]. A pivot below 1e-13 of its diagonal gives a column of 0.
  void (*factor)(double* a, int n, int stride);
  // Solves with that factor in place; unknowns of a column of 0 become 0.
  void (*solve)(const double* a, int n, int stride, double* x);
};

namespace baseline {
LogisticKernels logistic_kernels();
}
namespace avx2 {
LogisticKernels logistic_kernels();
}
namespace avx512 {
LogisticKernels logistic_kernels();
}

}  // namespace synthkit
