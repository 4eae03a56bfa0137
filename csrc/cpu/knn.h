// Nearest-neighbour mutual information between codes and targets, on the CPU.
//
// Only how many points have each neighbour count enters an estimate, so that no result depends on the order of rows, on
// how ties were sorted or on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace synthkit {

// `models` arrays of [rows, columns], contiguous.
struct KnnCodes {
  const double* data;
  size_t models;
  size_t rows;
  size_t columns;
};

// Labels of one target: 0 .. counts.size() - 1 for each row, and how many rows have each; none is 0.
struct KnnLabels {
  std::span<const int32_t> of_row;
  std::vector<int32_t> counts;
};

struct KnnOptions {
  int32_t neighbours;
  bool clip;  // negative estimates become 0
  int threads;
};

// psi[n] for n = 1 .. most; psi[0] is 0 and means nothing.
std::vector<double> psi_table(size_t most);

// sum of histogram[m] * psi[m], m rising, over m < psi.size().
double psi_sum(std::span<const int32_t> histogram, std::span<const double> psi);

// out [models, targets, columns], nats. Each target must have a label that two rows share. O(rows) memory a thread.
void mi_discrete(const KnnCodes& codes, std::span<const KnnLabels> targets, const KnnOptions& options,
                 std::span<double> out);

// out as above; targets [targets][rows], one after the other. rows > neighbours >= 1. O(rows) memory a thread.
void mi_continuous(const KnnCodes& codes, std::span<const double> targets, const KnnOptions& options,
                   std::span<double> out);

// out = codes + 1e-10 max(1, mean of the column's magnitudes) * normal noise of (key, stream, column, row).
void break_ties(const KnnCodes& codes, uint64_t key, uint32_t stream, int threads, std::span<double> out);

}  // namespace synthkit
