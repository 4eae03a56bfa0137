// What metrics count and measure: bins, joint counts, information, nearest neighbours, deviations, areas.
#include <numeric>

#include "cpu/auc.h"
#include "cpu/bins.h"
#include "cpu/deviations.h"
#include "cpu/joint.h"
#include "cpu/knn.h"
#include "tests/hashes.h"

namespace synthkit::test {

namespace {

constexpr size_t kModels = 2, kColumns = 3;

void hash_joint(Hashes& hashes) {
  constexpr size_t kRows = 5000;
  const std::vector<int32_t> sizes{7, 60}, labels = wholes(40, kRows, 7);
  const std::vector<double> codes = codes_of(41, labels, kModels, kColumns);
  std::vector<uint16_t> columns(labels.begin(), labels.end());
  for (const uint16_t label : wholes<uint16_t>(42, kRows, 60)) columns.push_back(label);
  for (const bool quantile : {false, true}) {
    for (const int bins : {5, 20, 100}) {
      const std::string name = (quantile ? "quantile " : "equal width ") + std::to_string(bins);
      std::vector<uint16_t> cut(codes.size());
      std::vector<int32_t> used(kModels * kColumns);
      cut_into_bins({codes.data(), kModels, kRows, kColumns}, bins, quantile, cut, used, kHashThreads);
      hashes["bins " + name] = hash_of(cut, used);
      std::vector<uint32_t> table(static_cast<size_t>(used[0]) * 60);
      joint_counts(cut.data(), columns.data() + kRows, kRows, static_cast<size_t>(used[0]), 60, table);
      hashes["joint counts " + name] = hash_of(table);
      std::vector<double> plug_in(used.size() * sizes.size()), expected(plug_in.size());
      std::vector<int64_t> freedom(plug_in.size());
      mutual_information({cut, used, kRows}, {columns, sizes, kRows}, {plug_in, expected, freedom}, kHashThreads);
      hashes["information " + name] = hash_of(plug_in, freedom);
      hashes["information expected " + name] = hash_of(expected);
    }
  }
}

void hash_knn(Hashes& hashes) {
  constexpr size_t kRows = 500;
  const std::vector<int32_t> of_row = classes_of(50, kRows, 4);
  KnnLabels labels{of_row, std::vector<int32_t>(4)};
  for (const int32_t label : of_row) ++labels.counts[static_cast<size_t>(label)];
  const std::vector<double> codes = codes_of(51, of_row, kModels, kColumns), targets = uniforms(52, kRows);
  const KnnCodes from{codes.data(), kModels, kRows, kColumns};
  std::vector<double> discrete(kModels * kColumns), continuous(discrete), moved(codes.size());
  mi_discrete(from, {&labels, 1}, {3, false, kHashThreads}, discrete);
  mi_continuous(from, targets, {3, false, kHashThreads}, continuous);
  break_ties(from, 7, 1, kHashThreads, moved);
  hashes["knn psi"] = hash_of(psi_table(20000));
  hashes["knn discrete"] = hash_of(discrete);
  hashes["knn continuous"] = hash_of(continuous);
  hashes["knn break ties"] = hash_of(moved);
}

void hash_deviations(Hashes& hashes) {
  constexpr size_t kRows = 1000, kPoints = 300, kBatch = 20, kGroups = 40;
  const std::vector<int32_t> labels = classes_of(60, kRows, kGroups);
  const std::vector<double> codes = codes_of(61, labels, kModels, kColumns);
  const CodeBatch batch{codes.data(), kModels, kRows, kColumns};
  std::vector<int32_t> order(kRows), starts(kGroups + 1);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return labels[size_t(a)] < labels[size_t(b)]; });
  for (const int32_t label : labels) ++starts[static_cast<size_t>(label) + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  const RowGroups groups{order, starts};
  std::vector<double> largest(kModels * kColumns), within(largest), variances(kModels * kPoints * kColumns);
  group_deviations(batch, {&groups, 1}, 0.99, largest, within, kHashThreads);
  hashes["deviations in groups"] = hash_of(largest, within);
  const std::vector<int32_t> first = wholes(62, kPoints * kBatch, kRows), second = wholes(63, first.size(), kRows);
  sample_variances(batch, first, kBatch, variances, kHashThreads);
  hashes["deviations variances"] = hash_of(variances);
  pair_distances(batch, first, second, kBatch, variances, kHashThreads);
  hashes["deviations pair distances"] = hash_of(variances);
}

void hash_auc(Hashes& hashes) {
  constexpr size_t kRows = 2000, kClasses = 3;
  const std::vector<int32_t> labels = classes_of(70, kRows, kClasses);
  const std::vector<double> scores = codes_of(71, labels, kModels, kClasses);
  std::vector<double> areas(kModels * kClasses);
  roc_auc(scores, labels, kClasses, areas, kHashThreads);
  hashes["auc"] = hash_of(areas);
}

}  // namespace

void hash_information(Hashes& hashes) {
  hash_joint(hashes);
  hash_knn(hashes);
  hash_deviations(hashes);
  hash_auc(hashes);
}

}  // namespace synthkit::test
