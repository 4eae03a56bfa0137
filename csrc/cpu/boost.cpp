#include "cpu/boost.h"

#include <algorithm>
#include <numeric>

#include "common/boost.h"
#include "common/elementary.h"
#include "cpu/dispatch.h"
#include "cpu/parallel.h"

namespace synthkit {

namespace {

struct Path {
  BoostStage stage;
  BoostResiduals residuals;
};

Path chosen_path() {
#if defined(__x86_64__)
  switch (cpu_path()) {
    case CpuPath::kAvx512:
      return {avx512::boost_stage, avx512::boost_residuals};
    case CpuPath::kAvx2:
      return {avx2::boost_stage, avx2::boost_residuals};
    case CpuPath::kBaseline:
      break;
  }
#endif
  return {baseline::boost_stage, baseline::boost_residuals};
}

constexpr int64_t kRowsAtOnce = 512;
// Of residuals and raw predictions, for all models in work together.
constexpr int64_t kBytesAtOnce = int64_t{1} << 31;
// Ties are many from one row in so many on.
constexpr int64_t kManyIsOneIn = 16;

int64_t lanes_of(int classes) { return classes > 2 ? classes : 1; }

int64_t groups_of(std::span<const int32_t> classes) {
  int64_t lanes = 0;
  for (const int count : classes) lanes += lanes_of(count);
  return (lanes + kBoostLanes - 1) / kBoostLanes;
}

// The codes of one model by column, and its training rows in the order of each feature.
class Sorted {
 public:
  // codes [rows, features].
  Sorted(const float* codes, int64_t n, int64_t rows, int64_t features, int threads)
      : columns_(static_cast<size_t>(rows * features)),
        order_(static_cast<size_t>(n * features)),
        sorted_(order_.size()),
        ties_(static_cast<size_t>(features)) {
    parallel_for(ties_.size(), threads, [&](size_t d) {
      const auto feature = static_cast<int64_t>(d);
      float* column = columns_.data() + feature * rows;
      for (int64_t i = 0; i < rows; ++i) column[i] = codes[i * features + feature];
      ties_[d] = sort(column, {order_.data() + feature * n, static_cast<size_t>(n)}, sorted_.data() + feature * n);
    });
    for (int64_t d = 0; d < features; ++d) {
      if (ties_[static_cast<size_t>(d)] != kAllTies) varying_.push_back(d);
    }
  }

  BoostCodes view(const BoostShape& shape) const {
    return {columns_.data(), order_.data(),   sorted_.data(),
            ties_.data(),    varying_.data(), shape.train_rows,
            shape.rows,      shape.features,  static_cast<int64_t>(varying_.size())};
  }

 private:
  static BoostTies sort(const float* column, std::span<uint32_t> order, float* sorted) {
    std::iota(order.begin(), order.end(), uint32_t{0});
    std::sort(order.begin(), order.end(),
              [=](uint32_t a, uint32_t b) { return column[a] != column[b] ? column[a] < column[b] : a < b; });
    int64_t ties = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      sorted[i] = column[order[i]];
      if (i > 0 && sorted[i] <= code_limit(sorted[i - 1])) ++ties;
    }
    if (sorted[order.size() - 1] <= code_limit(sorted[0])) return kAllTies;
    return ties > static_cast<int64_t>(order.size()) / kManyIsOneIn ? kManyTies : kFewTies;
  }

  std::vector<float> columns_;
  std::vector<uint32_t> order_;
  std::vector<float> sorted_;
  std::vector<BoostTies> ties_;
  std::vector<int64_t> varying_;
};

// What one thread needs for a stage.
struct Scratch {
  std::vector<double> centred;
  std::vector<uint64_t> nodes;
  explicit Scratch(const BoostShape& shape)
      : centred(static_cast<size_t>(shape.train_rows * kBoostLanes)), nodes(static_cast<size_t>(shape.rows)) {}
};

constexpr double kLn2 = 0.6931471805599453;

// Raw predictions before the first stage: the mean, the log-odds, or the logarithms of the classes' shares.
std::vector<double> initial(const double* targets, int64_t n, int classes) {
  const auto rows = static_cast<double>(n);
  if (classes == 0) return {std::accumulate(targets, targets + n, 0.0) / rows};
  std::vector<double> counts(static_cast<size_t>(classes));
  for (int64_t i = 0; i < n; ++i) counts[static_cast<size_t>(targets[i])] += 1.0;
  if (classes == 2) return {log2_exact(counts[1] / counts[0]) * kLn2};
  for (double& count : counts) count = log2_exact(count / rows) * kLn2;
  return counts;
}

// All trees of one model.
class Model {
 public:
  Model(const float* codes, const double* targets, std::span<const int32_t> classes, const BoostShape& shape,
        const BoostSettings& settings, int threads)
      : path_(chosen_path()),
        shape_(shape),
        settings_(settings),
        threads_(threads),
        num_groups_(groups_of(classes)),
        codes_(codes, shape.train_rows, shape.rows, shape.features, threads),
        raw_(static_cast<size_t>(shape.rows * num_groups_ * kBoostLanes)),
        residuals_(static_cast<size_t>(shape.train_rows * num_groups_ * kBoostLanes)),
        importances_(static_cast<size_t>(num_groups_ * kBoostLanes * shape.features)) {
    int64_t lane = 0;
    for (size_t k = 0; k < classes.size(); ++k) {
      factors_.push_back({targets + static_cast<int64_t>(k) * shape.rows, lane, classes[k]});
      lane += lanes_of(classes[k]);
    }
    for (int64_t g = 0; g < num_groups_; ++g) groups_.push_back(make_group(g));
    for (const BoostFactor& factor : factors_) start(factor);
    scratch_.assign(std::min(static_cast<size_t>(std::max(threads, 1)), groups_.size()), Scratch(shape));
  }

  void fit() {
    const BoostCodes codes = codes_.view(shape_);
    for (int stage = 0; stage < settings_.stages; ++stage) {
      find_residuals();
      // A task is a worker's share of the groups, since it needs scratch of its own.
      parallel_for(scratch_.size(), threads_, [&](size_t worker) {
        const BoostScratch scratch{scratch_[worker].centred.data(), scratch_[worker].nodes.data()};
        for (size_t g = worker; g < groups_.size(); g += scratch_.size()) {
          groups_[g].stage = stage;
          path_.stage(codes, groups_[g], scratch);
        }
      });
    }
  }

  // [factors, features]: each factor's gains over all its trees, their sum 1; zeros where no tree has a split.
  void write_importances(double* out) const {
    for (size_t k = 0; k < factors_.size(); ++k, out += shape_.features) {
      std::fill(out, out + shape_.features, 0.0);
      const int64_t first = factors_[k].first_lane, last = first + lanes_of(factors_[k].classes);
      for (int64_t lane = first; lane < last; ++lane) {
        const double* own = importances_.data() + lane * shape_.features;
        for (int64_t d = 0; d < shape_.features; ++d) out[d] += own[d];
      }
      const double total = std::accumulate(out, out + shape_.features, 0.0);
      if (total > 0.0) std::transform(out, out + shape_.features, out, [=](double gain) { return gain / total; });
    }
  }

  // [factors, rows]: the value, or the rank of the likeliest class, the first of equals.
  void write_predictions(double* out) const {
    for (const BoostFactor& factor : factors_) {
      for (int64_t i = 0; i < shape_.rows; ++i) *out++ = predict(factor, i);
    }
  }

 private:
  double raw_at(int64_t row, int64_t lane) const {
    return raw_[static_cast<size_t>((lane / kBoostLanes * shape_.rows + row) * kBoostLanes + lane % kBoostLanes)];
  }

  double predict(const BoostFactor& factor, int64_t row) const {
    const double first = raw_at(row, factor.first_lane);
    if (factor.classes == 0) return first;
    if (factor.classes == 2) return first >= 0.0 ? 1.0 : 0.0;
    double most = first;
    int likeliest = 0;
    for (int c = 1; c < factor.classes; ++c) {
      const double raw = raw_at(row, factor.first_lane + c);
      if (raw > most) likeliest = c;
      most = std::max(most, raw);
    }
    return likeliest;
  }

  // Sets a factor's lanes: how its leaves are made, and where it starts.
  void start(const BoostFactor& factor) {
    const std::vector<double> raw = initial(factor.targets, shape_.train_rows, factor.classes);
    for (size_t c = 0; c < raw.size(); ++c) {
      const int64_t lane = factor.first_lane + static_cast<int64_t>(c);
      BoostGroup& group = groups_[static_cast<size_t>(lane / kBoostLanes)];
      const int64_t l = lane % kBoostLanes;
      group.newton[l] = factor.classes > 0;
      group.scale[l] = factor.classes > 2 ? (factor.classes - 1.0) / factor.classes : 1.0;
      for (int64_t i = 0; i < shape_.rows; ++i) group.raw[i * kBoostLanes + l] = raw[c];
    }
  }

  BoostGroup make_group(int64_t g) {
    return {residuals_.data() + g * shape_.train_rows * kBoostLanes,
            raw_.data() + g * shape_.rows * kBoostLanes,
            importances_.data() + g * kBoostLanes * shape_.features,
            {},
            {},
            settings_.learning_rate,
            settings_.depth,
            0};
  }

  void find_residuals() {
    const int64_t n = shape_.train_rows;
    const BoostFactors all{factors_.data(), shape_.factors, num_groups_, raw_.data(), residuals_.data(), n,
                           shape_.rows};
    parallel_for(static_cast<size_t>((n + kRowsAtOnce - 1) / kRowsAtOnce), threads_, [&](size_t block) {
      std::vector<double> buffer(static_cast<size_t>(3 * num_groups_ * kBoostLanes));
      const int64_t begin = static_cast<int64_t>(block) * kRowsAtOnce;
      path_.residuals(all, begin, std::min(begin + kRowsAtOnce, n), buffer.data());
    });
  }

  Path path_;
  BoostShape shape_;
  BoostSettings settings_;
  int threads_;
  int64_t num_groups_;
  Sorted codes_;
  std::vector<double> raw_, residuals_, importances_;
  std::vector<BoostFactor> factors_;
  std::vector<BoostGroup> groups_;
  std::vector<Scratch> scratch_;
};

}  // namespace

int64_t boost_bytes(std::span<const int32_t> classes, int64_t rows) {
  return 2 * rows * groups_of(classes) * kBoostLanes * int64_t{sizeof(double)};
}

void boost_trees(std::span<const float> codes, std::span<const double> targets, std::span<const int32_t> classes,
                 const BoostShape& shape, const BoostSettings& settings, std::span<double> importances,
                 std::span<double> predictions, int threads) {
  const int64_t fit = std::max<int64_t>(kBytesAtOnce / std::max<int64_t>(boost_bytes(classes, shape.rows), 1), 1);
  const auto at_once = static_cast<int>(std::min({static_cast<int64_t>(std::max(threads, 1)), shape.models, fit}));
  const int each = at_once > 0 ? std::max(threads / at_once, 1) : 1;
  parallel_for(static_cast<size_t>(shape.models), at_once, [&](size_t b) {
    const auto m = static_cast<int64_t>(b);
    Model model(codes.data() + m * shape.rows * shape.features, targets.data(), classes, shape, settings, each);
    model.fit();
    model.write_importances(importances.data() + m * shape.factors * shape.features);
    model.write_predictions(predictions.data() + m * shape.factors * shape.rows);
  });
}

}  // namespace synthkit
