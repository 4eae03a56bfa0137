// Joint histograms of binned codes and labels, and the information in them.
#pragma once

#include <cstdint>
#include <span>

namespace synthkit {

// Columns of small whole numbers, [count, rows], column c below sizes[c].
struct BinnedColumns {
  std::span<const uint16_t> data;
  std::span<const int32_t> sizes;
  size_t rows;

  size_t count() const { return sizes.size(); }
  const uint16_t* column(size_t c) const { return data.data() + c * rows; }
};

// Exact counts of one pair of columns into table [bins of a, bins of b].
void joint_counts(const uint16_t* a, const uint16_t* b, size_t rows, size_t a_size, size_t b_size,
                  std::span<uint32_t> table);

// For each code column c and label column k, at [c * labels + k]: plug-in mutual information in nats, its mean over
// permutations of the rows (left alone if `expected` is empty), and the number of cells, rows and columns that hold
// anything, as cells - rows - columns + 1: the degrees of freedom of Miller and Madow's correction.
struct InformationOutput {
  std::span<double> plug_in, expected;
  std::span<int64_t> freedom;
};
void mutual_information(const BinnedColumns& codes, const BinnedColumns& labels, const InformationOutput& out,
                        int threads);

}  // namespace synthkit
