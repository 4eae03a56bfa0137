// The joint tables of many columns in the device's memory.
#pragma once

#include <vector>

#include "common/information.h"
#include "cuda/joint.h"
#include "cuda/launch.h"
#include "cuda/memory.h"

namespace synthkit::cuda {

// Column c's tables follow each other: with each label [sizes of c, sizes of label]; then perhaps its margin [size of
// c], which is its table with a label of one level. Columns follow each other likewise.
struct TableLayout {
  const int64_t* columns;  // sums of the sizes of the columns before; one more than there are
  const int64_t* labels;   // the same of labels, and of the margin's one level
  int64_t count;           // of columns
  int64_t tables;          // of each column

  __device__ __forceinline__ int64_t size_of(int64_t column) const { return columns[column + 1] - columns[column]; }
  __device__ __forceinline__ int64_t begin_of(int64_t column, int64_t table) const {
    return columns[column] * labels[tables] + size_of(column) * labels[table];
  }
};

// Counted in the order of the stream. `labels` may have no columns.
class JointTables {
 public:
  JointTables(const ColumnsOnDevice& columns, const ColumnsOnDevice& labels, bool margins, cudaStream_t stream);

  TableLayout layout() const { return layout_; }
  const uint32_t* counts() const { return counts_.data(); }

 private:
  Array<int64_t> column_starts_, label_starts_;
  Array<uint32_t> counts_;
  TableLayout layout_;
};

// For each table of each column: sum of n ln n, in the order of the cells, and how many cells hold anything.
struct TableSums {
  Array<double> sums;
  Array<int64_t> occupied;

  TableSums(const JointTables& tables, const LogTable& logs, cudaStream_t stream);
};

// The counts that occur in each column's margin: ascending, each once.
class Tallies {
 public:
  Tallies() = default;
  // `tables` must have margins, the last table of each column; `widest` is the greatest of the columns' sizes.
  Tallies(const JointTables& tables, size_t widest, cudaStream_t stream);

  struct View {
    const double* counts;   // [columns, width]
    const int32_t* starts;  // where a count began among the sorted margins
    const int32_t* sizes;   // [columns]
    int64_t width;

    // How often the column's i-th count occurs.
    __device__ __forceinline__ int64_t times(int64_t column, int64_t i) const {
      const int32_t* own = starts + column * width;
      return (i + 1 < sizes[column] ? own[i + 1] : width) - own[i];
    }
  };
  View view() const { return {counts_.data(), starts_.data(), sizes_.data(), width_}; }

 private:
  Array<double> counts_;
  Array<int32_t> starts_, sizes_;
  int64_t width_ = 0;
};

// Queues the means over permutations of `rows` rows, for all pairs: out [code_count, label_count].
void expect_information(const Tallies& codes, int64_t code_count, const Tallies& labels, int64_t label_count,
                        int64_t rows, const LogTable& logs, double* out, cudaStream_t stream);

}  // namespace synthkit::cuda
