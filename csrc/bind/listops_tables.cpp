#include "bind/listops_tables.h"

#include <pybind11/numpy.h>

#include <memory>
#include <string_view>
#include <vector>

#include "bind/bind.h"
#include "cpu/listops_count.h"

namespace py = pybind11;

namespace synthkit {

namespace {

using Ints = py::array_t<int32_t, py::array::c_style>;
using Words = py::array_t<uint32_t, py::array::c_style>;

constexpr const char* kName = "synthkit.TreeTables";

py::capsule build(int min_args, int max_args, double operator_probability, int max_depth, int max_tokens) {
  const TreeSettings settings{min_args, max_args, operator_probability, max_depth, max_tokens};
  std::unique_ptr<TreeTables> tables;
  {
    py::gil_scoped_release release;
    tables = std::make_unique<TreeTables>(settings);
  }
  return py::capsule(tables.release(), kName,
                     [](PyObject* handle) { delete static_cast<TreeTables*>(PyCapsule_GetPointer(handle, kName)); });
}

double size(int min_args, int max_args, int max_depth, int max_tokens) {
  return TreeTables::bytes({min_args, max_args, 0.0, max_depth, max_tokens});
}

// m float64 and x int32 [max_depth + 1, max_tokens + 1]: probabilities m * 2^(512 x) of each depth and length.
py::tuple weights(const py::capsule& handle) {
  const TreeTables& tables = tables_of(handle);
  const py::ssize_t depths = tables.settings().max_depth + 1, lengths = tables.settings().max_tokens + 1;
  py::array_t<double> m({depths, lengths});
  py::array_t<int32_t> x({depths, lengths});
  for (py::ssize_t depth = 0; depth < depths; ++depth) {
    for (py::ssize_t length = 0; length < lengths; ++length) {
      const Weight weight = tables.weight(int(depth), int(length));
      m.mutable_at(depth, length) = weight.m;
      x.mutable_at(depth, length) = weight.x;
    }
  }
  return py::make_tuple(m, x);
}

// rows int32 [n, 6]: operators as a bit mask, base, least and greatest depth, fewest and most tokens; index and attempt
// [n]. Returns nodes uint16 [total], offsets int64 [n + 1] and -1, or the first row whose window is empty.
py::tuple draw(const py::capsule& handle, const Ints& rows, const Words& index, const Words& attempt, uint64_t key,
               uint32_t split, int threads) {
  const TreeTables& tables = tables_of(handle);
  const py::ssize_t n = index.size();
  if (rows.ndim() != 2 || rows.shape(0) != n || rows.shape(1) != 6 || attempt.size() != n) {
    throw py::value_error("rows [n, 6], index [n] and attempt [n] do not match");
  }
  std::vector<TreeRow> wanted(static_cast<size_t>(n));
  const int32_t* r = rows.data();
  for (py::ssize_t i = 0; i < n; ++i, r += 6) {
    if (r[0] < 1 || r[0] >> kListOperators != 0 || r[1] < 1 || r[1] > kListMaxBase) {
      throw py::value_error("rows: operators or base out of range");
    }
    wanted[static_cast<size_t>(i)] = {r[0], r[1], r[2], r[3], r[4], r[5], index.data()[i], attempt.data()[i]};
  }
  std::vector<ListNode> drawn;
  py::array_t<int64_t> offsets(n + 1);
  const std::span<int64_t> offset_span(offsets.mutable_data(), static_cast<size_t>(n + 1));
  int64_t impossible = -1;
  {
    py::gil_scoped_release release;
    impossible = draw_from_tables(tables, wanted, key, split, drawn, offset_span, threads);
  }
  auto* kept = new std::vector<ListNode>(std::move(drawn));
  const py::capsule owner(kept, [](void* nodes) { delete static_cast<std::vector<ListNode>*>(nodes); });
  return py::make_tuple(py::array_t<ListNode>(static_cast<py::ssize_t>(kept->size()), kept->data(), owner), offsets,
                        impossible);
}

// uint8 [max_depth - min_depth + 1, max_tokens + 1]: 1 where a tree exists.
py::array_t<uint8_t> feasible(int min_args, int max_args, int min_depth, int max_depth, int max_tokens) {
  const py::ssize_t depths = max_depth - min_depth + 1, lengths = max_tokens + 1;
  py::array_t<uint8_t> found({depths, lengths});
  for (py::ssize_t i = 0; i < depths; ++i) {
    const std::span<uint8_t> row(found.mutable_data(i), static_cast<size_t>(lengths));
    tree_lengths({min_args, max_args}, min_depth + int(i), row);
  }
  return found;
}

uint64_t count(int min_args, int max_args, int operators, int base, int min_depth, int max_depth, int min_tokens,
               int max_tokens) {
  py::gil_scoped_release release;
  return count_trees({min_args, max_args}, operators, base, {min_depth, max_depth, min_tokens, max_tokens});
}

}  // namespace

const TreeTables& tables_of(const py::capsule& handle) {
  if (handle.name() == nullptr || std::string_view(handle.name()) != kName) throw py::value_error("tables: are none");
  return *handle.get_pointer<TreeTables>();
}

void bind_listops_tables(py::module_ module) {
  module.def("build", &build, py::kw_only(), py::arg("min_args"), py::arg("max_args"), py::arg("operator_probability"),
             py::arg("max_depth"), py::arg("max_tokens"));
  module.def("size", &size, py::kw_only(), py::arg("min_args"), py::arg("max_args"), py::arg("max_depth"),
             py::arg("max_tokens"));
  module.def("weights", &weights, py::arg("tables"));
  module.def("draw", &draw, py::arg("tables"), py::arg("rows").noconvert(), py::arg("index").noconvert(),
             py::arg("attempt").noconvert(), py::kw_only(), py::arg("key"), py::arg("split"), py::arg("threads"));
  module.def("feasible", &feasible, py::kw_only(), py::arg("min_args"), py::arg("max_args"), py::arg("min_depth"),
             py::arg("max_depth"), py::arg("max_tokens"));
  module.def("count", &count, py::kw_only(), py::arg("min_args"), py::arg("max_args"), py::arg("operators"),
             py::arg("base"), py::arg("min_depth"), py::arg("max_depth"), py::arg("min_tokens"), py::arg("max_tokens"));
}

}  // namespace synthkit
