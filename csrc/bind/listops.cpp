#include "cpu/listops.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "bind/bind.h"
#include "bind/listops_tables.h"
#include "bind/unique.h"
#include "cpu/listops_measure.h"
#include "cpu/listops_table_sampler.h"
#include "cpu/listops_text.h"

namespace py = pybind11;

namespace synthkit {

namespace {

template <typename T>
using Array = py::array_t<T, py::array::c_style>;

template <typename T>
std::span<const T> all_of(const Array<T>& array) {
  return {array.data(), static_cast<size_t>(array.size())};
}

// An array over the own memory of a vector or buffer.
template <typename Memory>
auto as_array(Memory&& values) {
  using T = std::remove_cvref_t<decltype(*values.data())>;
  auto owned = std::make_unique<Memory>(std::move(values));
  const py::capsule owner(owned.get(), [](void* memory) { delete static_cast<Memory*>(memory); });
  const Memory& kept = *owned.release();
  return Array<T>(static_cast<py::ssize_t>(kept.size()), kept.data(), owner);
}

constexpr py::ssize_t kColumns = 9;

// settings int64 [n, 9] or [1, 9]: operators, threshold, arguments, base, depth and tokens, least and most.
std::vector<ListSettings> gather(const Array<int64_t>& settings, size_t rows) {
  if (settings.ndim() != 2 || settings.shape(1) != kColumns ||
      (settings.shape(0) != 1 && settings.shape(0) != static_cast<py::ssize_t>(rows))) {
    throw py::value_error("settings: must be [n, 9] or [1, 9]");
  }
  std::vector<ListSettings> all;
  all.reserve(static_cast<size_t>(settings.shape(0)));
  for (py::ssize_t i = 0; i < settings.shape(0); ++i) {
    const int64_t* s = settings.data(i, 0);
    const bool good = s[0] > 0 && s[0] < 1 << kListOperators && s[1] >= 0 && s[1] <= int64_t{1} << 32 && s[2] >= 1 &&
                      s[2] <= s[3] && s[3] <= kListMaxArguments && s[4] >= 2 && s[4] <= kListMaxBase && s[5] >= 0 &&
                      s[6] >= 0 && s[6] <= 1 << 30 && s[7] >= 0 && s[8] >= 1 && s[8] <= 1 << 30;
    if (!good) throw py::value_error("settings: out of range");
    const auto at = [s](int k) { return static_cast<int>(s[k]); };
    all.push_back({at(0), static_cast<uint64_t>(s[1]), at(2), at(3), at(4), at(5), at(6), at(7), at(8)});
  }
  return all;
}

// Rejection where there are no tables; else the tables, and the place of each row's among them, [n] or [1].
std::unique_ptr<TreeSampler> sampler_of(const std::vector<ListSettings>& settings,
                                        const std::vector<py::capsule>& tables, const Array<int32_t>& table_of,
                                        uint64_t key, uint32_t split, std::span<const uint32_t> index) {
  if (tables.empty()) return std::make_unique<RejectionSampler>(settings, key, split, index);
  std::vector<const TreeTables*> known;
  for (const py::capsule& handle : tables) known.push_back(&tables_of(handle));
  if (table_of.size() != 1 && static_cast<size_t>(table_of.size()) != index.size()) {
    throw py::value_error("table_of: must be [n] or [1]");
  }
  for (const int32_t place : all_of(table_of)) {
    if (place < 0 || static_cast<size_t>(place) >= known.size()) throw py::value_error("table_of: out of range");
  }
  auto sampler = std::make_unique<TableSampler>(settings, known, all_of(table_of), key, split, index);
  if (sampler->impossible() >= 0) {
    throw py::value_error("settings: a window holds no tree: row " + std::to_string(sampler->impossible()));
  }
  return sampler;
}

py::tuple as_tuple(ListTrees& trees) {
  return py::make_tuple(as_array(std::move(trees.nodes)), as_array(std::move(trees.offsets)),
                        as_array(std::move(trees.value)), as_array(std::move(trees.depth)),
                        as_array(std::move(trees.tokens)), as_array(std::move(trees.operators)),
                        as_array(std::move(trees.root)), as_array(std::move(trees.hash)));
}

// Attempts uint32 [n] of all rows, the trees of `keep` with them where it is not null, and why a row found none.
ChoiceFailure search(const Array<int64_t>& settings, uint64_t key, uint32_t split, const Array<uint32_t>& index,
                     const ChoiceRules& rules, SharedHashSet& seen, int threads, const std::vector<py::capsule>& tables,
                     const Array<int32_t>& table_of, Array<uint32_t>& attempts, ListTrees* keep) {
  const auto rows = static_cast<size_t>(index.size());
  if (!rules.wanted.empty() && rules.wanted.size() != rows) throw py::value_error("wanted: must be [n] or empty");
  if (rules.max_attempts < 1 || rules.max_attempts > uint64_t{1} << 32) {
    throw py::value_error("max_attempts: must be 1 to 2^32");
  }
  const auto sampler = sampler_of(gather(settings, rows), tables, table_of, key, split, all_of(index));
  const std::span<uint32_t> found(attempts.mutable_data(), rows);
  py::gil_scoped_release release;
  const std::lock_guard guard(seen.lock);
  return keep == nullptr ? choose_attempts(*sampler, rules, seen.set, found, threads)
                         : sample_trees(*sampler, rules, seen.set, found, *keep, threads);
}

py::tuple failed_of(const ChoiceFailure& failure) {
  return py::make_tuple(failure.window, failure.part, failure.value, failure.seen);
}

// -> (attempts uint32 [n], row that found nothing or -1, attempts of it that failed: window, part, value, seen).
py::tuple choose(const Array<int64_t>& settings, uint64_t key, uint32_t split, const Array<uint32_t>& index,
                 uint64_t part_low, uint64_t part_high, const Array<int32_t>& wanted, SharedHashSet& seen,
                 uint64_t max_attempts, int threads, const std::vector<py::capsule>& tables,
                 const Array<int32_t>& table_of) {
  const ChoiceRules rules{part_low, part_high, all_of(wanted), max_attempts};
  Array<uint32_t> attempts(index.size());
  const ChoiceFailure failure =
      search(settings, key, split, index, rules, seen, threads, tables, table_of, attempts, nullptr);
  return py::make_tuple(attempts, failure.row, failed_of(failure));
}

// The same, and the trees, or None if a row found nothing.
py::tuple sample(const Array<int64_t>& settings, uint64_t key, uint32_t split, const Array<uint32_t>& index,
                 uint64_t part_low, uint64_t part_high, const Array<int32_t>& wanted, SharedHashSet& seen,
                 uint64_t max_attempts, int threads, const std::vector<py::capsule>& tables,
                 const Array<int32_t>& table_of) {
  const ChoiceRules rules{part_low, part_high, all_of(wanted), max_attempts};
  Array<uint32_t> attempts(index.size());
  ListTrees trees(static_cast<size_t>(index.size()));
  const ChoiceFailure failure =
      search(settings, key, split, index, rules, seen, threads, tables, table_of, attempts, &trees);
  if (failure.row >= 0) return py::make_tuple(attempts, failure.row, failed_of(failure), py::none());
  return py::make_tuple(attempts, failure.row, failed_of(failure), as_tuple(trees));
}

// -> (first row whose attempt is not accepted or -1, the trees or None).
py::tuple draw(const Array<int64_t>& settings, uint64_t key, uint32_t split, const Array<uint32_t>& index,
               const Array<uint32_t>& attempt, int threads, const std::vector<py::capsule>& tables,
               const Array<int32_t>& table_of) {
  if (index.size() != attempt.size()) throw py::value_error("index [n] and attempt [n] do not match");
  const auto rows = static_cast<size_t>(index.size());
  const auto sampler = sampler_of(gather(settings, rows), tables, table_of, key, split, all_of(index));
  ListTrees trees(rows);
  int64_t refused = -1;
  {
    py::gil_scoped_release release;
    refused = draw_trees(*sampler, all_of(attempt), trees, threads);
  }
  if (refused >= 0) return py::make_tuple(refused, py::none());
  return py::make_tuple(refused, as_tuple(trees));
}

ListRows rows_of(const Array<uint16_t>& nodes, const Array<int64_t>& offsets) {
  const int64_t* at = offsets.data();
  const py::ssize_t n = offsets.size() - 1;
  if (n < 0 || at[0] < 0 || at[n] > nodes.size()) throw py::value_error("offsets: must lie within nodes");
  for (py::ssize_t i = 0; i < n; ++i) {
    if (at[i + 1] < at[i]) throw py::value_error("offsets: must not fall");
  }
  return {all_of(nodes), all_of(offsets)};
}

// base int32 [n] -> (row at fault or -1, node at fault, fault, the trees or None).
py::tuple measure(const Array<uint16_t>& nodes, const Array<int64_t>& offsets, const Array<int32_t>& base) {
  const ListRows rows = rows_of(nodes, offsets);
  if (static_cast<size_t>(base.size()) != rows.size()) throw py::value_error("base: must be [n]");
  ListTrees trees(0);
  ListFault fault = ListFault::kNone;
  size_t row = 0, position = 0;
  {
    py::gil_scoped_release release;
    fault = measure_trees(rows, all_of(base), trees, row, position);
  }
  if (fault != ListFault::kNone) return py::make_tuple(row, position, static_cast<int>(fault), py::none());
  return py::make_tuple(-1, 0, 0, as_tuple(trees));
}

ListNames names_of(const std::vector<std::string>& names) {
  if (names.size() != size_t(kListOperators)) throw py::value_error("names: must be 7");
  ListNames all;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].size() > kMaxListName) throw py::value_error("names: at most 24 bytes");
    all[i] = names[i];
  }
  return all;
}

// offsets int32 [n + 1] and data uint8.
py::tuple as_tuple(ListText& text) {
  return py::make_tuple(as_array(std::move(text.offsets)), as_array(std::move(text.bytes)));
}

py::tuple render(const Array<uint16_t>& nodes, const Array<int64_t>& offsets, int style,
                 const std::vector<std::string>& names, int threads) {
  if (style < 0 || style > static_cast<int>(ListStyle::kTokens)) throw py::value_error("style: out of range");
  const ListRows rows = rows_of(nodes, offsets);
  const ListNames all = names_of(names);
  ListText text;
  {
    py::gil_scoped_release release;
    text = render_trees(rows, static_cast<ListStyle>(style), all, threads);
  }
  return as_tuple(text);
}

// base and level: int32 [n].
py::tuple explain(const Array<uint16_t>& nodes, const Array<int64_t>& offsets, const Array<int32_t>& base,
                  const Array<int32_t>& level, const std::vector<std::string>& names, int threads) {
  const ListRows rows = rows_of(nodes, offsets);
  if (static_cast<size_t>(base.size()) != rows.size() || level.size() != base.size()) {
    throw py::value_error("base and level: must be [n]");
  }
  for (const int32_t each : all_of(level)) {
    if (each < kNoExplanation || each >= kListLevels) throw py::value_error("level: out of range");
  }
  const ListNames all = names_of(names);
  ListText text;
  {
    py::gil_scoped_release release;
    text = explain_trees(rows, all_of(base), all_of(level), all, threads);
  }
  return as_tuple(text);
}

}  // namespace

void bind_listops(py::module_ module) {
  module.def("choose", &choose, py::arg("settings").noconvert(), py::arg("key"), py::arg("split"),
             py::arg("index").noconvert(), py::kw_only(), py::arg("part_low"), py::arg("part_high"),
             py::arg("wanted").noconvert(), py::arg("seen"), py::arg("max_attempts"), py::arg("threads"),
             py::arg("tables"), py::arg("table_of").noconvert());
  module.def("sample", &sample, py::arg("settings").noconvert(), py::arg("key"), py::arg("split"),
             py::arg("index").noconvert(), py::kw_only(), py::arg("part_low"), py::arg("part_high"),
             py::arg("wanted").noconvert(), py::arg("seen"), py::arg("max_attempts"), py::arg("threads"),
             py::arg("tables"), py::arg("table_of").noconvert());
  module.def("draw", &draw, py::arg("settings").noconvert(), py::arg("key"), py::arg("split"),
             py::arg("index").noconvert(), py::arg("attempt").noconvert(), py::kw_only(), py::arg("threads"),
             py::arg("tables"), py::arg("table_of").noconvert());
  module.def("measure", &measure, py::arg("nodes").noconvert(), py::arg("offsets").noconvert(),
             py::arg("base").noconvert());
  module.def("render", &render, py::arg("nodes").noconvert(), py::arg("offsets").noconvert(), py::kw_only(),
             py::arg("style"), py::arg("names"), py::arg("threads"));
  module.def("explain", &explain, py::arg("nodes").noconvert(), py::arg("offsets").noconvert(),
             py::arg("base").noconvert(), py::arg("level").noconvert(), py::kw_only(), py::arg("names"),
             py::arg("threads"));
}

}  // namespace synthkit
